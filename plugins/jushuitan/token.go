package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

const (
	// lease is how long one refresher keeps the others out; a refresh ends within refreshTime.
	lease       = 30 * time.Second
	refreshTime = 20 * time.Second
	// maxEarly is how long before its end a token is refreshed; short-lived ones after nine tenths.
	maxEarly = 12 * time.Hour
	// retryEarly is when an early refresh that failed is tried again.
	retryEarly = 10 * time.Minute
)

// grant is the stored token. Times are Unix seconds of our own clock: they are
// made from the vendor's expires_in, so its clock does not matter. Zero is unknown.
type grant struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token,omitempty"`
	RefreshAt int64  `json:"refresh_at,omitempty"`
	ExpiresAt int64  `json:"expires_at,omitempty"`
	// From is a digest of the settings the grant grew from; when a person changes
	// them, the grant counts no more.
	From string `json:"from"`
}

// tokens keeps the connection's token in the host's state, where all processes
// that use the connection share it. One of them refreshes; a rotated refresh
// token is stored before the new access token is used.
type tokens struct {
	settings settings
	client   *client
	host     connector.Host
	clock    func() time.Time
	pause    func(context.Context) error
	from     string

	mu   sync.Mutex
	last grant
	work sync.WaitGroup
}

func newTokens(s settings, c *client, host connector.Host, clock func() time.Time, pause func(context.Context) error) *tokens {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.AppKey, s.appSecret, s.AuthMode, s.authCode, s.accessToken, s.refreshToken}, "\x00")))
	return &tokens{settings: s, client: c, host: host, clock: clock, pause: pause, from: hex.EncodeToString(sum[:8])}
}

// get gives a token that is not the refused one. A refresh runs beside the
// caller and is finished even when the caller is cancelled: a vendor that has
// rotated a refresh token will not take the old one again.
func (t *tokens) get(ctx context.Context, refused string) (string, error) {
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	if t.good(last, refused) {
		return last.Access, nil
	}
	type result struct {
		token string
		err   error
	}
	done := make(chan result, 1)
	t.work.Go(func() {
		token, err := t.shared(ctx, refused)
		done <- result{token, err}
	})
	select {
	case r := <-done:
		return r.token, r.err
	case <-ctx.Done():
		return "", fault.New("jushuitan.token_late", "the call ended while the access token was being refreshed").
			Classed(fault.Transient).Unapplied().Because(context.Cause(ctx))
	}
}

// close waits for refreshes under way.
func (t *tokens) close(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		t.work.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fault.New("jushuitan.token_late", "the connection was closed while its access token was being refreshed").Classed(fault.Transient)
	}
}

func (t *tokens) shared(ctx context.Context, refused string) (string, error) {
	// The second round is for a refresher whose lease ran out: whoever took over has stored a newer token.
	for range 2 {
		value, err := connector.Shared(context.WithoutCancel(ctx), t.host.State(), lease,
			func(value []byte) bool { return t.good(read(value), refused) },
			func(keep context.Context, old []byte) ([]byte, error) {
				if ctx.Err() != nil {
					return nil, context.Cause(ctx)
				}
				return t.refresh(keep, read(old), refused)
			},
			func(context.Context) error { return t.pause(ctx) })
		if errors.Is(err, connector.ErrStateConflict) {
			continue
		}
		if err != nil {
			return "", faultOf(err)
		}
		now := read(value)
		t.client.http.Hide(now.Access, now.Refresh)
		t.mu.Lock()
		t.last = now
		t.mu.Unlock()
		return now.Access, nil
	}
	return "", fault.New("jushuitan.token_contended", "others keep changing the connection's access token").Classed(fault.Transient).Unapplied()
}

// faultOf passes faults on and gives the host's own failures a code.
func faultOf(err error) error {
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	return fault.Wrap(err, "jushuitan.token_unavailable", "the connection's access token could not be read or stored").
		Classed(fault.Transient).Unapplied()
}

func read(value []byte) grant {
	var g grant
	if json.Unmarshal(value, &g) != nil {
		return grant{}
	}
	return g
}

// good tells whether a grant may be used without asking the vendor first.
func (t *tokens) good(g grant, refused string) bool {
	return g.From == t.from && g.Access != "" && g.Access != refused &&
		(g.RefreshAt == 0 || t.clock().Unix() < g.RefreshAt)
}

// refresh makes the next grant. An early refresh that fails leaves the old token
// in use until it really ends.
func (t *tokens) refresh(ctx context.Context, old grant, refused string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	next, err := t.next(ctx, old)
	now := t.clock().Unix()
	if err != nil {
		if old.From != t.from || old.Access == "" || old.Access == refused || old.ExpiresAt <= now {
			return nil, err
		}
		f := fault.From(err)
		t.host.Log(ctx, connector.Warn, "the access token could not be refreshed early; the old one is used until it ends",
			map[string]string{"code": f.Code, "message": f.Message, "ends": time.Unix(old.ExpiresAt, 0).UTC().Format(time.RFC3339)})
		next = old
		next.RefreshAt = min(now+int64(retryEarly/time.Second), old.ExpiresAt)
	}
	next.From = t.from
	return json.Marshal(next) //nolint:gosec // the host keeps it sealed
}

func (t *tokens) next(ctx context.Context, old grant) (grant, error) {
	if old.From != t.from {
		return t.first(ctx)
	}
	if old.Refresh != "" {
		next, err := t.renew(ctx, old.Refresh)
		if err == nil || !t.settings.ownApp() || !refusal(err) {
			return next, err
		}
	}
	// A dead refresh token does not lock a merchant's own application out.
	if t.settings.ownApp() {
		return t.initial(ctx)
	}
	return grant{}, t.unauthorised()
}

// first makes the grant of a connection that has none yet: from what a person
// entered where there is something, else by asking.
func (t *tokens) first(ctx context.Context) (grant, error) {
	s := t.settings
	switch {
	case s.accessToken != "":
		return grant{Access: s.accessToken, Refresh: s.refreshToken}, nil
	case s.refreshToken != "":
		return t.renew(ctx, s.refreshToken)
	case s.ownApp():
		return t.initial(ctx)
	case s.authCode != "":
		return t.ask(ctx, "/openWeb/auth/accessToken", map[string]string{"grant_type": "authorization_code", "code": s.authCode})
	default:
		return grant{}, t.unauthorised()
	}
}

// initial asks for a token as a merchant's own application may: with any six characters as code.
func (t *tokens) initial(ctx context.Context) (grant, error) {
	return t.ask(ctx, "/openWeb/auth/getInitToken", map[string]string{"grant_type": "authorization_code", "code": strings.ToLower(rand.Text()[:6])})
}

func (t *tokens) renew(ctx context.Context, refreshToken string) (grant, error) {
	next, err := t.ask(ctx, "/openWeb/auth/refreshToken", map[string]string{"grant_type": "refresh_token", "refresh_token": refreshToken, "scope": "all"})
	if err == nil && next.Refresh == "" {
		next.Refresh = refreshToken // some answers bring no new one; the old one goes on
	}
	return next, err
}

// ask calls a token endpoint. The answer is {"access_token","refresh_token","expires_in","scope"};
// expires_in is in seconds and is honoured, whatever the documented 30 days say.
func (t *tokens) ask(ctx context.Context, path string, form map[string]string) (grant, error) {
	got, err := t.client.again(ctx, path, form)
	if err != nil {
		return grant{}, err
	}
	next := grant{Access: got.data.Field("access_token").Text(), Refresh: got.data.Field("refresh_token").Text()}
	if next.Access == "" {
		return grant{}, unreadable("the answer to a token request brings no access_token")
	}
	if life, err := strconv.ParseInt(got.data.Field("expires_in").Text(), 10, 64); err == nil && life > 0 {
		early := min(int64(maxEarly/time.Second), life/10)
		next.ExpiresAt = t.clock().Unix() + life
		next.RefreshAt = next.ExpiresAt - early
	}
	return next, nil
}

func (t *tokens) unauthorised() error {
	return fault.New("jushuitan.not_authorised", "the merchant has not authorised this service provider's application, or the authorisation has ended").
		Classed(fault.Auth).Unapplied().
		Hinted("let the merchant agree on the authorisation page and enter the code or the tokens in the connection")
}

// refusal tells that the vendor answered and said no, and not only for being asked too often.
func refusal(err error) bool {
	code := fault.CodeOf(err)
	return strings.HasPrefix(code, "vendor.") && code != codePerSecond && code != codePerMinute
}
