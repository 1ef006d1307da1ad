package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

const someRefunds = `{"page_size":1,"as_ids":[20001001]}`

func isv() sandbox.Options {
	o := fast()
	o.ISV = true
	return o
}

// tokenCalls are the calls of the three token endpoints.
func (b *bench) tokenCalls() [3]int {
	b.t.Helper()
	return [3]int{b.calls(initPath), b.calls(codePath), b.calls(renewPath)}
}

func (b *bench) wantTokenCalls(initial, code, renewed int) {
	b.t.Helper()
	if got, want := b.tokenCalls(), [3]int{initial, code, renewed}; got != want {
		b.t.Errorf("token calls initial, code, refresh: %v, want %v", got, want)
	}
}

func TestTokenIsFetchedOnceAndSharedBySessions(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	query(t, b.open(), someRefunds)
	query(t, b.open(), someRefunds)
	b.wantTokenCalls(1, 0, 0)
	b.wantQueries(2)
}

func TestExpiredTokenIsRefreshedOnceAndTheCallRepeated(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	query(t, s, someRefunds)
	first := b.host.state.grant(t)
	b.set(`{"expireTokens":true}`)
	query(t, s, someRefunds)
	b.wantTokenCalls(1, 0, 1)
	second := b.host.state.grant(t)
	if second.Token == first.Token || second.With[refreshToken] == first.With[refreshToken] {
		t.Error("the refreshed grant was not stored")
	}
	b.wantQueries(3) // one refused and two answered
	query(t, s, someRefunds)
	b.wantTokenCalls(1, 0, 1)
}

func TestRefusalOfAFreshTokenIsNotTriedForever(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	query(t, s, someRefunds)
	b.set(`{"tokenSeconds":0}`)
	b.set(`{"expireTokens":true}`)
	_, err := s.Query(t.Context(), refunds(someRefunds))
	if f := classified(t, err, "vendor.100", fault.Auth); !strings.Contains(f.Message, "access_token已过期") {
		t.Errorf("message %q", f.Message)
	}
	b.wantQueries(3) // the last one in two tries
	b.wantTokenCalls(1, 0, 1)
}

func TestTokenIsRefreshedEarly(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	query(t, s, someRefunds)
	b.clock.Pass(30*day - 12*time.Hour - time.Second)
	query(t, s, someRefunds)
	b.wantTokenCalls(1, 0, 0)
	b.clock.Pass(time.Second)
	query(t, s, someRefunds)
	b.wantTokenCalls(1, 0, 1)

	short := fast()
	short.TokenSeconds = 600
	b = newBench(t, short)
	s = b.open()
	query(t, s, someRefunds)
	b.clock.Pass(539 * time.Second)
	query(t, s, someRefunds)
	b.wantTokenCalls(1, 0, 0)
	b.clock.Pass(time.Second)
	query(t, s, someRefunds)
	b.wantTokenCalls(1, 0, 1)
	b.wantQueries(3) // an early refresh costs no refused call
}

func TestFailingEarlyRefreshLeavesTheTokenInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, isv())
	b.secrets["authCode"] = sandbox.AuthCode
	s := b.open()
	query(t, s, someRefunds)
	b.wantTokenCalls(0, 1, 0)
	b.clock.Pass(30*day - 12*time.Hour)
	query(t, s, someRefunds)
	query(t, s, someRefunds)
	b.wantTokenCalls(0, 1, 1)
	if said := b.host.said(); !strings.Contains(said, "renewed early") || !strings.Contains(said, "vendor.150") {
		t.Errorf("the operator is not told: %.400s", said)
	}
	b.clock.Pass(6 * time.Hour)
	query(t, s, someRefunds)
	b.wantTokenCalls(0, 1, 2)
	b.clock.Pass(6 * time.Hour)
	_, err := s.Query(t.Context(), refunds(someRefunds))
	if f := classified(t, err, "vendor.150", fault.Auth); !strings.Contains(f.Hint, "authorise again") || !strings.Contains(f.Args[fault.HintZH], "重新授权") || f.Message != "服务商应用不允许刷新token，请重新授权" {
		t.Errorf("message %q, hint %q", f.Message, f.Hint)
	}
}

func TestDeadRefreshTokenDoesNotLockTheMerchantOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	query(t, s, someRefunds)
	b.set(`{"expireTokens":true,"revokeRefresh":true}`)
	query(t, s, someRefunds)
	b.wantTokenCalls(2, 0, 1)
}

func TestKeepsTheRefreshTokenWhenTheAnswerBringsNone(t *testing.T) {
	t.Parallel()
	o := fast()
	o.RotateRefresh = true
	b := newBench(t, o)
	s := b.open()
	query(t, s, someRefunds)
	first := b.host.state.grant(t)
	b.set(`{"rotateRefresh":false}`)
	for range 2 {
		b.set(`{"expireTokens":true}`)
		query(t, s, someRefunds)
	}
	b.wantTokenCalls(1, 0, 2)
	if got := b.host.state.grant(t).With[refreshToken]; got != first.With[refreshToken] {
		t.Errorf("refresh token %q, want the first one", got)
	}
}

func TestServiceProvider(t *testing.T) {
	t.Parallel()
	b := newBench(t, isv())
	_, err := b.open().Query(t.Context(), refunds(someRefunds))
	if f := classified(t, err, "jushuitan.not_authorised", fault.Auth); !f.NotApplied || f.Hint == "" {
		t.Errorf("%+v", f)
	}
	b.wantTokenCalls(0, 0, 0)

	b.secrets["authCode"] = "NOBODY"
	_, err = b.open().Query(t.Context(), refunds(someRefunds))
	expect(t, err, "vendor.100", fault.Auth)

	// New settings start anew, whatever is stored.
	b.secrets["authCode"] = sandbox.AuthCode
	s := b.open()
	query(t, s, someRefunds)
	b.set(`{"expireTokens":true}`)
	_, err = s.Query(t.Context(), refunds(someRefunds))
	expect(t, err, "vendor.150", fault.Auth)
}

func TestPastedTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t, isv())
	b.secrets["authCode"] = sandbox.AuthCode
	query(t, b.open(), someRefunds)
	g := b.host.state.grant(t)

	paste := func(access, refresh string) {
		b.secrets = map[string]string{"appSecret": sandbox.AppSecret, "accessToken": access, "refreshToken": refresh}
	}
	paste(g.Token, "")
	query(t, b.open(), someRefunds)
	b.wantTokenCalls(0, 1, 0)

	b.set(`{"isv":false}`)
	paste("an old one", g.With[refreshToken])
	s := b.open()
	query(t, s, someRefunds)
	b.wantTokenCalls(0, 1, 1)
	b.set(`{"expireTokens":true}`)
	query(t, s, someRefunds)
	b.wantTokenCalls(0, 1, 2)

	rotated := b.host.state.grant(t)
	paste("", rotated.With[refreshToken])
	query(t, b.open(), someRefunds)
	b.wantTokenCalls(0, 1, 3)

	paste("an old one", "")
	_, err := b.open().Query(t.Context(), refunds(someRefunds))
	expect(t, err, "jushuitan.not_authorised", fault.Auth)
	b.settings["authMode"] = "self"
	query(t, b.open(), someRefunds)
	b.wantTokenCalls(1, 1, 3)
}

func TestChangedSettingsDropTheStoredToken(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	query(t, b.open(), someRefunds)
	b.secrets["accessToken"] = "from another environment"
	query(t, b.open(), someRefunds)
	b.wantTokenCalls(2, 0, 0)
}

// TestOneRefreshForAll has eight workers in four sessions find the token expired at once.
func TestOneRefreshForAll(t *testing.T) {
	t.Parallel()
	o := fast()
	o.OldTokensDie = true
	b := newBench(t, o)
	sessions := []connector.Session{b.open(), b.open(), b.open(), b.open()}
	for _, s := range sessions {
		query(t, s, someRefunds)
	}
	b.wantTokenCalls(1, 0, 0)
	for round := range 3 {
		b.set(`{"expireTokens":true}`)
		begin, errs := make(chan struct{}), make([]error, 8)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				<-begin
				_, errs[i] = sessions[i%4].Query(t.Context(), refunds(someRefunds))
			})
		}
		close(begin)
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		b.wantTokenCalls(1, 0, round+1)
	}
}

// TestRotatedTokenIsStoredBeforeUse lets the state refuse what the vendor gave:
// the new access token is not used, and no call goes out with the dead one.
func TestRotatedTokenIsStoredBeforeUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.host.state.refuse = func(value []byte) error {
		if strings.Contains(string(value), `"token"`) {
			return errors.New("the database is read-only")
		}
		return nil
	}
	_, err := b.open().Query(t.Context(), refunds(someRefunds))
	expect(t, err, "connector.token_unavailable", fault.Transient)
	b.wantQueries(0) // with a token that nobody has stored
}

func TestLostLeaseTakesTheOthersToken(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	query(t, s, someRefunds)
	taken := b.host.state.grant(t)
	b.clock.Pass(30 * day)
	// Somebody else stores a token while ours is on its way.
	taken.RefreshAt, taken.ExpiresAt = 0, 0
	once := true
	b.host.state.refuse = func(value []byte) error {
		var g tokens.Grant
		if once && json.Unmarshal(value, &g) == nil && g.RefreshAt > b.clock.Now().Unix() {
			once = false
			other, err := json.Marshal(taken)
			if err != nil {
				return err
			}
			b.host.state.value, b.host.state.until = other, time.Time{}
			b.host.state.version++
			return connector.ErrStateConflict
		}
		return nil
	}
	_, err := s.Query(t.Context(), refunds(someRefunds))
	if err != nil {
		t.Fatal(err)
	}
	if once {
		t.Fatal("the conflict did not happen")
	}
}

func TestStateThatNeverSettles(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.host.state.refuse = func(value []byte) error {
		if strings.Contains(string(value), `"token"`) {
			b.host.state.until = time.Time{}
			return connector.ErrStateConflict
		}
		return nil
	}
	_, err := b.open().Query(t.Context(), refunds(someRefunds))
	expect(t, err, "connector.token_contended", fault.Transient)
	b.wantTokenCalls(2, 0, 0)
}

// TestCancelledCallerDoesNotLoseTheRotatedToken cancels a call while the vendor
// is rotating its refresh token: the new one is stored all the same, and Close waits for that.
func TestCancelledCallerDoesNotLoseTheRotatedToken(t *testing.T) {
	t.Parallel()
	asked, go1 := make(chan struct{}), make(chan struct{})
	b := played(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == initPath {
			close(asked)
			<-go1
		}
		_, _ = w.Write([]byte(`{"code":0,"data":{"access_token":"new","refresh_token":"rotated","expires_in":100,"datas":[]}}`))
	})
	s := b.open()
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		_, err := s.Query(ctx, refunds(someRefunds))
		answered <- err
	}()
	<-asked
	cancel()
	expect(t, <-answered, "connector.token_late", fault.Transient)

	hurried, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Close(hurried); fault.CodeOf(err) != "connector.token_late" {
		t.Errorf("a close that cannot wait: %v", err)
	}
	close(go1)
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if g := b.host.state.grant(t); g.With[refreshToken] != "rotated" {
		t.Errorf("stored %+v", g)
	}
}

func TestTokenAnswersWithoutAToken(t *testing.T) {
	t.Parallel()
	b := played(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"code":0,"data":{}}`))
	})
	_, err := b.open().Query(t.Context(), refunds(someRefunds))
	expect(t, err, "jushuitan.answer_unreadable", fault.Transient)
}
