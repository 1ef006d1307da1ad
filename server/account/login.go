package account

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// How long a session lives: unused, and at all.
const (
	Idle     = 8 * time.Hour
	Lifetime = 7 * 24 * time.Hour
	// stamp is how exactly the last use of sessions and tokens is known: a write
	// at every call would be the most frequent one of all.
	stamp = time.Minute
)

// What names and passwords may be, in characters. A bound on the password bounds the work.
const (
	maxName     = 64
	minPassword = 8
	maxPassword = 256
	// maxClient is what is looked at of a client's name, in bytes.
	maxClient = 128
)

// Entry is what a login gives.
type Entry struct {
	// Secret is the session's. It is stored nowhere; whoever has it is the user.
	Secret string
	// Ends is when the session ends however much it is used.
	Ends      time.Time
	Principal access.Principal
}

// SetupToken makes the one-time token with which the first administrator is made,
// in place of the one before; "" when there is a user already. It is for the
// program's own console.
func (s *Service) SetupToken(ctx context.Context) (string, error) {
	needed, err := s.SetupNeeded(ctx)
	if err != nil || !needed {
		return "", err
	}
	token, err := newSecret(s.Random)
	if err != nil {
		return "", err
	}
	return token, s.Store.PutSetupHash(ctx, digest(token), s.now())
}

// Setup makes the first administrator and logs them in. It works once, with the
// token of SetupToken: "auth.setup_token_invalid", "auth.setup_done".
func (s *Service) Setup(ctx context.Context, token, name, password, language string) (Entry, error) {
	done := fault.New("auth.setup_done", "the first administrator was made already").Classed(fault.Auth).Hinted("log in")
	needed, err := s.SetupNeeded(ctx)
	if err != nil {
		return Entry{}, err
	}
	if !needed {
		return Entry{}, done
	}
	hash, err := s.Store.SetupHash(ctx)
	if err != nil {
		return Entry{}, err
	}
	if hash == "" || !sameDigest(hash, digest(strings.TrimSpace(token))) {
		return Entry{}, fault.New("auth.setup_token_invalid", "the setup token is not the one that the program printed last").At("token").
			Classed(fault.Auth).Hinted("restart the program for a new one")
	}
	u, err := newUser(name, password, language)
	if err != nil {
		return Entry{}, err
	}
	if u.Password, err = s.hasher.hash(ctx, password); err != nil {
		return Entry{}, err
	}
	u, first, err := s.Store.InsertFirst(ctx, hash, u, s.now())
	if err != nil {
		return Entry{}, err
	}
	if !first {
		return Entry{}, done
	}
	return s.enter(ctx, u)
}

// newUser makes an administrator of what a person wrote.
func newUser(name, password, language string) (User, error) {
	name = strings.TrimSpace(name)
	if nameKey(name) == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return User{}, fault.New("account.name_invalid", "a name has 1 to %d characters", maxName).At("name").Classed(fault.Config)
	}
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return User{}, fault.New("account.password_length", "a password has %d to %d characters", minPassword, maxPassword).At("password").
			Classed(fault.Config).Hinted("several words in a row are easy to keep in mind")
	}
	if language == "" {
		language = "zh"
	}
	if !regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$`).MatchString(language) || len(language) > 16 {
		return User{}, fault.New("account.language_invalid", "the language is not understood").At("language").Classed(fault.Config).
			Hinted("for example zh or en")
	}
	return User{Workspace: Workspace, Name: name, Key: nameKey(name), Role: access.Admin, Language: language}, nil
}

// nameKey is what a name is found by; "" for what can be nobody's name.
func nameKey(name string) string {
	if !utf8.ValidString(name) { // which lowering would hide
		return ""
	}
	key := strings.ToLower(strings.TrimSpace(name))
	if utf8.RuneCountInString(key) > maxName {
		return ""
	}
	return key
}

// Login lets a person in and gives a session that did not exist before. client
// names where the attempt comes from, for example an address. An unknown name and
// a wrong password are told apart neither by the answer, "auth.login_failed", nor
// by the time that it takes. Too many failures are "auth.throttled", with the wait.
func (s *Service) Login(ctx context.Context, name, password, client string) (Entry, error) {
	needed, err := s.SetupNeeded(ctx)
	if err != nil {
		return Entry{}, err
	}
	if needed {
		return Entry{}, s.stranger(ctx)
	}
	key := nameKey(name)
	attempt, wait := s.throttle.begin(key, client[:min(len(client), maxClient)], s.Clock())
	if wait > 0 {
		return Entry{}, fault.New("auth.throttled", "too many attempts to log in").After(wait).Classed(fault.Rate).
			Arg("seconds", seconds(wait)).Hinted("wait %s seconds and try again", seconds(wait))
	}
	u, ok, err := s.verify(ctx, key, password)
	if err != nil {
		s.throttle.giveUp(attempt)
		return Entry{}, err
	}
	if !ok {
		return Entry{}, fault.New("auth.login_failed", "name or password is wrong").Classed(fault.Auth)
	}
	s.throttle.succeed(attempt)
	return s.enter(ctx, u)
}

// verify finds a user and checks the password, as long for those who don't exist.
func (s *Service) verify(ctx context.Context, key, password string) (User, bool, error) {
	u, err := s.Store.UserByKey(ctx, key)
	unknown := errors.Is(err, ledger.ErrNotFound)
	if err != nil && !unknown {
		return User{}, false, err
	}
	hash := u.Password
	if unknown {
		hash = s.hasher.nobody
	}
	if utf8.RuneCountInString(password) > maxPassword {
		password = "" // nobody's; hashing it would take longer
	}
	ok, err := s.hasher.matches(ctx, hash, password)
	return u, ok && !unknown, err
}

// enter makes a session.
func (s *Service) enter(ctx context.Context, u User) (Entry, error) {
	secret, err := newSecret(s.Random)
	if err != nil {
		return Entry{}, err
	}
	now := s.now()
	session := Session{Hash: digest(secret), Workspace: u.Workspace, User: u.ID, Created: now, Seen: now, Expires: now.Add(Lifetime)}
	if err := s.Store.InsertSession(ctx, session, now.Add(-Idle), now); err != nil {
		return Entry{}, err
	}
	return Entry{Secret: secret, Ends: session.Expires.Time(), Principal: principal(u)}, nil
}

func principal(u User) access.Principal {
	return access.Principal{Workspace: u.Workspace, User: u.ID, Name: u.Name, Role: u.Role}
}

// Session gives who a session's secret belongs to, with the role of now. A session
// that ended or never was is "auth.login_required", or "auth.setup_required".
func (s *Service) Session(ctx context.Context, secret string) (access.Principal, error) {
	if secret == "" {
		return access.Principal{}, s.stranger(ctx)
	}
	session, u, err := s.Store.Session(ctx, digest(secret))
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Principal{}, s.stranger(ctx)
	}
	if err != nil {
		return access.Principal{}, err
	}
	now := s.now()
	if now >= session.Expires || now >= session.Seen.Add(Idle) {
		return access.Principal{}, s.stranger(ctx)
	}
	if now >= session.Seen.Add(stamp) {
		if err := s.Store.TouchSession(ctx, session.Hash, now); err != nil {
			return access.Principal{}, err
		}
	}
	return principal(u), nil
}

// Logout ends a session. Ending one that is not there is legal.
func (s *Service) Logout(ctx context.Context, secret string) error {
	return s.Store.DeleteSession(ctx, digest(secret))
}
