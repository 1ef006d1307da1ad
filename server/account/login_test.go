package account_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestSetup(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	needed, err := b.SetupNeeded(ctx)
	if err != nil || !needed {
		t.Fatalf("%t, %v", needed, err)
	}
	for what, do := range map[string]func() error{
		"Session": func() error { _, err := b.Session(ctx, "x"); return err }, "Token": func() error { _, err := b.Token(ctx, "karez_x"); return err },
		"Login": func() error { _, err := b.Login(ctx, "Ada", password, ""); return err },
	} {
		is(t, what+" before", do(), "auth.setup_required")
	}
	for _, token := range []string{"", "x"} {
		_, err := b.Setup(ctx, token, "Ada", password, "")
		is(t, "before a token was made", err, "auth.setup_token_invalid")
	}
	old, err := b.SetupToken(ctx)
	if err != nil || len(old) != 43 {
		t.Fatalf("%q, %v", old, err)
	}
	token, err := b.SetupToken(ctx)
	if err != nil || token == old {
		t.Fatalf("%q, %v", token, err)
	}
	if hash, err := b.store.SetupHash(ctx); err != nil || strings.Contains(hash, token) || len(hash) != 64 {
		t.Errorf("stored: %q, %v", hash, err)
	}
	for _, wrong := range []string{"", old, token[1:], token + "x"} {
		_, err := b.Setup(ctx, wrong, "Ada", password, "")
		is(t, "a wrong token", err, "auth.setup_token_invalid")
	}

	entry, err := b.Setup(ctx, " "+token+"\n", " Ada ", password, "")
	if err != nil {
		t.Fatal(err)
	}
	want := access.Principal{Workspace: 1, User: entry.Principal.User, Name: "Ada", Role: access.Admin}
	if entry.Principal != want || want.User == 0 || !entry.Ends.Equal(b.clock.Now().Add(account.Lifetime)) {
		t.Errorf("%+v", entry)
	}
	if p, err := b.Session(ctx, entry.Secret); err != nil || p != want {
		t.Errorf("%+v, %v", p, err)
	}
	me, err := b.Me(access.With(ctx, want))
	if diff := cmp.Diff(account.Me{Principal: want, Language: "zh", WorkspaceName: "default"}, me); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}

	_, err = b.Setup(ctx, token, "Eve", password, "")
	is(t, "a second time", err, "auth.setup_done")
	if again, err := b.SetupToken(ctx); err != nil || again != "" {
		t.Errorf("%q, %v", again, err)
	}
	if needed, err := b.SetupNeeded(ctx); err != nil || needed {
		t.Errorf("%t, %v", needed, err)
	}
}

func TestSetupTogether(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token, err := b.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	storetest.Together(50, func(i int) {
		entry, err := b.Setup(t.Context(), token, fmt.Sprint("user", i), password, "")
		switch {
		case err == nil:
			won.Add(1)
			if p, err := b.Session(t.Context(), entry.Secret); err != nil || p.Name != fmt.Sprint("user", i) {
				t.Errorf("%+v, %v", p, err)
			}
		case fault.CodeOf(err) != "auth.setup_done" && fault.CodeOf(err) != "auth.setup_token_invalid":
			t.Error(err)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d administrators", won.Load())
	}
}

func TestWhatANewUserMayBe(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, password, language, code, path string }{
		"in order":           {strings.Repeat("名", 64), "12345678", "en-GB", "", ""},
		"a long password":    {"Ada", strings.Repeat("密", 256), "zh", "", ""},
		"no name":            {" \t", password, "", "account.name_invalid", "name"},
		"a long name":        {strings.Repeat("x", 65), password, "", "account.name_invalid", "name"},
		"lines in a name":    {"A\nB", password, "", "account.name_invalid", "name"},
		"bytes for a name":   {"A\xff", password, "", "account.name_invalid", "name"},
		"a short password":   {"Ada", "1234567", "", "account.password_length", "password"},
		"no password":        {"Ada", "", "", "account.password_length", "password"},
		"too long":           {"Ada", strings.Repeat("x", 257), "", "account.password_length", "password"},
		"no language at all": {"Ada", password, "english please", "account.language_invalid", "language"},
		"a script":           {"Ada", password, "<x>", "account.language_invalid", "language"},
		"a long tag":         {"Ada", password, "abc-defghijk-lmnopqr", "account.language_invalid", "language"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			token, err := b.SetupToken(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.Setup(t.Context(), token, tt.name, tt.password, tt.language)
			is(t, name, err, tt.code)
			if tt.code == "" {
				_, err := b.Login(t.Context(), tt.name, tt.password, "")
				is(t, "login", err, "")
				return
			}
			if f := fault.From(err); f.Path != tt.path || tt.password != "" && strings.Contains(f.Error()+f.Hint, tt.password) {
				t.Errorf("%v", f)
			}
			// A person who wrote something wrong tries again with the same token.
			_, err = b.Setup(t.Context(), token, "Ada", password, "")
			is(t, "again", err, "")
		})
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	b, first := inhabited(t)
	ctx := t.Context()
	seen := map[string]bool{first.Secret: true}
	for _, name := range []string{"Ada", "ada", " ADA "} {
		entry, err := b.Login(ctx, name, password, "10.0.0.1")
		if err != nil || entry.Principal != first.Principal || len(entry.Secret) != 43 || seen[entry.Secret] {
			t.Errorf("%q: %+v, %v: every login has a session of its own", name, entry.Principal, err)
		}
		seen[entry.Secret] = true
	}
	var faults []*fault.Fault
	for what, try := range map[string][2]string{
		"a wrong password": {"Ada", "wrong horse battery"}, "an unknown name": {"Eve", password}, "no password": {"Ada", ""}, "no name": {"", password},
		"a very long password": {"Ada", strings.Repeat("x", 1<<20)}, "a very long name": {strings.Repeat("x", 1<<20), password}, "bytes": {"\xff", "\xff\x00"},
		"part of the password": {"Ada", password[:len(password)-1]}, "another case": {"Ada", strings.ToUpper(password)},
	} {
		_, err := b.Login(ctx, try[0], try[1], what)
		is(t, what, err, "auth.login_failed")
		faults = append(faults, fault.From(err))
	}
	for _, f := range faults {
		if diff := cmp.Diff(faults[0].Error()+faults[0].Hint+fmt.Sprint(faults[0].Args), f.Error()+f.Hint+fmt.Sprint(f.Args)); diff != "" {
			t.Errorf("the answers can be told apart:\n%s", diff)
		}
	}
}

// An unknown name must not be answered sooner, or names could be tried: what takes the
// time is done once for either, at the same cost and over as long a password.
func TestUnknownNamesTakeAsLong(t *testing.T) {
	t.Parallel()
	b, _ := inhabited(t)
	work := func(name, secret string) (done []string) {
		t.Helper()
		b.CountHashing(func(password string, cost account.Cost) {
			done = append(done, fmt.Sprintf("%d bytes at %+v", len(password), cost))
		})
		_, err := b.Login(t.Context(), name, secret, name+strconv.Itoa(len(secret)))
		is(t, name, err, "auth.login_failed")
		return done
	}
	for _, secret := range []string{"wrong password", strings.Repeat("x", 1000)} {
		known, unknown := work("ada", secret), work("eve", secret)
		if len(known) != 1 || !slices.Equal(known, unknown) {
			t.Errorf("a known name takes %q, an unknown one %q", known, unknown)
		}
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	fails := func(b *bench, name, client string) error {
		_, err := b.Login(b.t.Context(), name, "wrong password", client)
		return err
	}
	wait := func(t *testing.T, what string, err error, want time.Duration) {
		t.Helper()
		is(t, what, err, "auth.throttled")
		if f := fault.From(err); f.RetryAfter != want || f.Class != fault.Rate || f.Hint == "" {
			t.Errorf("%s: wait %s, want %s", what, f.RetryAfter, want)
		}
	}

	t.Run("a name from one client", func(t *testing.T) {
		t.Parallel()
		b, _ := inhabited(t)
		for range 5 {
			is(t, "free", fails(b, "Ada", "c"), "auth.login_failed")
		}
		for _, next := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
			wait(t, "too early", fails(b, "ada ", "c"), next)
			// Neither does the right password get through, or it could be told from a wrong one.
			_, err := b.Login(t.Context(), "Ada", password, "c")
			wait(t, "the right one", err, next)
			b.clock.Pass(next - time.Millisecond)
			wait(t, "a little too early", fails(b, "Ada", "c"), time.Millisecond)
			b.clock.Pass(time.Millisecond)
			is(t, "in time", fails(b, "Ada", "c"), "auth.login_failed")
		}
		// Ada is elsewhere and not kept out.
		_, err := b.Login(t.Context(), "Ada", password, "her own")
		is(t, "from another client", err, "")
		b.clock.Pass(16 * time.Second)
		if _, err = b.Login(t.Context(), "Ada", password, "c"); err != nil {
			t.Error(err)
		}
		for range 5 {
			is(t, "free again", fails(b, "Ada", "c"), "auth.login_failed")
		}
	})
	t.Run("unknown names alike", func(t *testing.T) {
		t.Parallel()
		b, _ := inhabited(t)
		for range 5 {
			is(t, "free", fails(b, "Eve", "c"), "auth.login_failed")
		}
		wait(t, "too many", fails(b, "Eve", "c"), time.Second)
	})
	t.Run("many names from one client", func(t *testing.T) {
		t.Parallel()
		b, _ := inhabited(t)
		for i := range 30 {
			is(t, "free", fails(b, fmt.Sprint("name", i), "c"), "auth.login_failed")
		}
		wait(t, "the next name", fails(b, "Ada", "c"), time.Second)
		// An own account does not pay for tries on others.
		b.clock.Pass(time.Second)
		_, err := b.Login(t.Context(), "Ada", password, "c")
		is(t, "an own account", err, "")
		b.clock.Pass(500 * time.Millisecond)
		wait(t, "on with others", fails(b, "name99", "c"), 500*time.Millisecond)
	})
	t.Run("one name from many clients", func(t *testing.T) {
		t.Parallel()
		b, _ := inhabited(t)
		for i := range 30 {
			is(t, "free", fails(b, "Ada", fmt.Sprint("forged", i)), "auth.login_failed")
		}
		for i := range 20 {
			err := fails(b, "Ada", fmt.Sprint("more", i))
			is(t, "forged again", err, "auth.throttled")
			b.clock.Pass(fault.From(err).RetryAfter)
			is(t, "in time", fails(b, "Ada", fmt.Sprint("more", i)), "auth.login_failed")
		}
		err := fails(b, "Ada", "last")
		if got := fault.From(err).RetryAfter; got != time.Minute {
			t.Errorf("the wait grows to %s, and keeps Ada out as well", got)
		}
		wait(t, "too early", err, time.Minute)
		// Once she was let in, her name is free again.
		b.clock.Pass(time.Minute)
		_, err = b.Login(t.Context(), "Ada", password, "her own")
		is(t, "Ada", err, "")
		is(t, "free again", fails(b, "Ada", "yet another"), "auth.login_failed")
	})
	t.Run("many at once", func(t *testing.T) {
		t.Parallel()
		b, _ := inhabited(t)
		var through atomic.Int32
		storetest.Together(40, func(int) {
			switch err := fails(b, "Ada", "c"); fault.CodeOf(err) {
			case "auth.login_failed":
				through.Add(1)
			case "auth.throttled":
			default:
				t.Error(err)
			}
		})
		if through.Load() != 5 {
			t.Errorf("%d tries at once got through", through.Load())
		}
	})
	t.Run("failures are forgotten", func(t *testing.T) {
		t.Parallel()
		b, _ := inhabited(t)
		for range 5 {
			is(t, "free", fails(b, "Ada", "c"), "auth.login_failed")
		}
		b.clock.Pass(time.Hour)
		for range 5 {
			is(t, "free again", fails(b, "Ada", "c"), "auth.login_failed")
		}
	})
	t.Run("a database that fails is nobody's failure", func(t *testing.T) {
		t.Parallel()
		b, _ := inhabited(t)
		b.store.fails.Store(true)
		for range 50 {
			if err := fails(b, "Ada", "c"); !errors.Is(err, errDown) {
				t.Fatal(err)
			}
		}
		b.store.fails.Store(false)
		_, err := b.Login(t.Context(), "Ada", password, "c")
		is(t, "afterwards", err, "")
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	b, entry := inhabited(t)
	ctx := t.Context()
	in := func(what, code string) {
		t.Helper()
		p, err := b.Session(ctx, entry.Secret)
		is(t, what, err, code)
		if code == "" && p != entry.Principal {
			t.Errorf("%s: %+v", what, p)
		}
	}
	for _, secret := range []string{"", "x", strings.ToUpper(entry.Secret), entry.Secret + "x"} {
		_, err := b.Session(ctx, secret)
		is(t, secret, err, "auth.login_required")
	}
	// Used often, its last use is written once a minute.
	for range 100 {
		in("at once", "")
		b.clock.Pass(time.Second)
	}
	if n := b.store.touched.Load(); n != 1 {
		t.Errorf("%d writes in 100 seconds", n)
	}
	b.clock.Pass(account.Idle - 41*time.Second)
	in("just in time", "")
	b.clock.Pass(account.Idle)
	in("idle for too long", "auth.login_required")

	// However much it is used, it ends.
	var err error
	if entry, err = b.Login(ctx, "Ada", password, ""); err != nil {
		t.Fatal(err)
	}
	for start := b.clock.Now(); b.clock.Now().Before(start.Add(account.Lifetime)); b.clock.Pass(7 * time.Hour) {
		in("in use", "")
	}
	in("after a week", "auth.login_required")

	if entry, err = b.Login(ctx, "Ada", password, ""); err != nil {
		t.Fatal(err)
	}
	other, err := b.Login(ctx, "Ada", password, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.Logout(ctx, entry.Secret); err != nil {
			t.Error(err)
		}
		in("after logging out", "auth.login_required")
	}
	if _, err := b.Session(ctx, other.Secret); err != nil {
		t.Errorf("another session ended as well: %v", err)
	}
	b.clock.Pass(2 * time.Minute)
	b.store.fails.Store(true)
	if _, err := b.Session(ctx, other.Secret); !errors.Is(err, errDown) {
		t.Errorf("%v", err)
	}
}

// The stored text says how it was made, so that a later version can cost more.
func TestPasswordsAsStored(t *testing.T) {
	t.Parallel()
	b, _ := inhabited(t)
	ada, err := b.store.UserByKey(t.Context(), "ada")
	if err != nil || !strings.HasPrefix(ada.Password, "$argon2id$v=19$m=64,t=1,p=1$") || strings.Contains(ada.Password, password) || len(ada.Password) > 190 {
		t.Errorf("%s, %v", ada.Password, err)
	}
	if account.DefaultCost() != (account.Cost{MemoryKiB: 19456, Passes: 2, Threads: 1}) {
		t.Error("the cost is below what OWASP recommends")
	}
	for what, stored := range map[string]string{
		"nothing": "", "another function": strings.Replace(ada.Password, "argon2id", "argon2i", 1), "another version": strings.Replace(ada.Password, "v=19", "v=16", 1),
		"no passes": strings.Replace(ada.Password, "t=1", "t=0", 1), "no threads": strings.Replace(ada.Password, "p=1", "p=0", 1),
		"cut": ada.Password[:len(ada.Password)-1], "no hash": ada.Password[:strings.LastIndexByte(ada.Password, '$')], "a short hash": ada.Password[:len(ada.Password)-4],
		"another alphabet": ada.Password[:len(ada.Password)-1] + "!", "more": ada.Password + "$",
	} {
		s, err := account.New(account.Config{Store: stores(b, stored), Clock: b.clock.Now, Cost: cheap()})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Login(t.Context(), "Ada", password, "")
		if is(t, what, err, "auth.password_unreadable"); err != nil && stored != "" && strings.Contains(err.Error(), stored) {
			t.Errorf("%s: the error shows what is stored", what)
		}
	}
}

// noRandom has nothing to give after some bytes.
type noRandom struct{ left int }

func (r *noRandom) Read(p []byte) (int, error) {
	if len(p) > r.left {
		return 0, io.ErrUnexpectedEOF
	}
	r.left -= len(p)
	return len(p), nil
}

// Without random numbers there are no secrets, rather than ones that can be guessed.
func TestNoRandom(t *testing.T) {
	t.Parallel()
	b, _ := inhabited(t)
	for left := range 32 + 16 {
		if _, err := account.New(account.Config{Store: b.store, Clock: b.clock.Now, Cost: cheap(), Random: &noRandom{left}}); fault.CodeOf(err) != "auth.no_random" {
			t.Fatalf("%d bytes: %v", left, err)
		}
	}
	s, err := account.New(account.Config{Store: b.store, Clock: b.clock.Now, Cost: cheap(), Random: &noRandom{32 + 16}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Login(t.Context(), "Ada", password, "")
	is(t, "Login", err, "auth.no_random")
	_, _, err = s.CreateToken(b.admin(), "t", access.Viewer, time.Time{})
	is(t, "CreateToken", err, "auth.no_random")
	if list, err := b.Tokens(b.admin()); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// What strangers can make the throttle remember is bounded, and what it drops is oldest.
func TestThrottleIsBounded(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_760_000_000_000)
	for name, tt := range map[string]struct {
		n    int
		step time.Duration
		most int
	}{
		"few":    {100, time.Millisecond, 400},
		"many":   {account.MaxTracked/3 + 500, time.Microsecond, account.MaxTracked},
		"slowly": {account.MaxTracked/3 + 500, time.Second, account.MaxTracked},
	} {
		remembered, forgotten := account.Flood(tt.n, tt.step, now)
		if remembered > tt.most || remembered < 300 {
			t.Errorf("%s: %d are remembered", name, remembered)
		}
		if forgotten && tt.step < time.Second {
			t.Errorf("%s: the one that failed last is forgotten", name)
		}
	}
}
