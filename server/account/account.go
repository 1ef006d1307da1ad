// Package account knows who comes in: people with a name and a password, their
// sessions, API tokens, and the one-time token with which the first
// administrator is made. It gives access.Principals; what they may do is decided
// in server/access.
//
// Of sessions and tokens only hashes are stored: a database that leaks lets nobody in.
//
// It may import server/access, engine/ledger, sdk/fault and golang.org/x/crypto:
// never a database, HTTP or another service.
package account

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// Workspace is the one that every installation begins with.
const Workspace ledger.ID = 1

// User is a person.
type User struct {
	ID, Workspace ledger.ID
	// Name is as the person writes it; Key is what it is found by, in small letters.
	Name, Key string
	Role      access.Role
	// Language is the person's, as a tag such as zh or en-GB.
	Language string
	// Password is its argon2id hash in the PHC text form.
	Password string
}

// Session is a stored login.
type Session struct {
	Hash            string
	Workspace, User ledger.ID
	// Seen is the last time the session was used, to the minute; Expires is its absolute end.
	Created, Seen, Expires ledger.Millis
}

// Token is a stored API token.
type Token struct {
	ID, Workspace, User ledger.ID
	Name                string
	Role                access.Role
	Hash                string
	Created             ledger.Millis
	// Used is the last use, to the minute; 0 means never.
	Used ledger.Millis
	// Expires is 0 for tokens that don't.
	Expires ledger.Millis
}

// Users is what the service needs of a database for people. What is missing is ledger.ErrNotFound.
type Users interface {
	// AnyUser tells whether there is a user at all.
	AnyUser(ctx context.Context) (bool, error)
	// SetupHash gives the hash of the setup token; "" when there is none.
	SetupHash(ctx context.Context) (string, error)
	// PutSetupHash replaces the setup token's hash.
	PutSetupHash(ctx context.Context, hash string, now ledger.Millis) error
	// InsertFirst stores a user if there is none yet and the setup token still has
	// the hash, which is used up by it. It gives the user with its ID; false when it came too late.
	InsertFirst(ctx context.Context, hash string, u User, now ledger.Millis) (User, bool, error)
	// UserByKey gives a user by name in small letters.
	UserByKey(ctx context.Context, key string) (User, error)
	// User gives a user of a workspace.
	User(ctx context.Context, workspace, id ledger.ID) (User, error)
	// WorkspaceName gives a workspace's name for people.
	WorkspaceName(ctx context.Context, workspace ledger.ID) (string, error)
}

// Sessions is what the service needs of a database for logins.
type Sessions interface {
	// InsertSession stores a session and forgets those that were last seen before
	// idle or expired before now.
	InsertSession(ctx context.Context, s Session, idle, now ledger.Millis) error
	// Session gives a session and its user as they are now.
	Session(ctx context.Context, hash string) (Session, User, error)
	// TouchSession moves the time at which a session was seen.
	TouchSession(ctx context.Context, hash string, now ledger.Millis) error
	// DeleteSession forgets a session; one that is not there is no error.
	DeleteSession(ctx context.Context, hash string) error
}

// Tokens is what the service needs of a database for API tokens.
type Tokens interface {
	// InsertToken stores a token and gives it with its ID.
	InsertToken(ctx context.Context, t Token) (Token, error)
	// Tokens lists a workspace's tokens, the newest first.
	Tokens(ctx context.Context, workspace ledger.ID) ([]Token, error)
	// TokenByHash gives a token.
	TokenByHash(ctx context.Context, hash string) (Token, error)
	// TouchToken moves the time of a token's last use, unless it was moved after old.
	TouchToken(ctx context.Context, id ledger.ID, old, now ledger.Millis) error
	// DeleteToken deletes a token of a workspace; false when there is none.
	DeleteToken(ctx context.Context, workspace, id ledger.ID) (bool, error)
}

// Store is what the service needs of a database.
type Store interface {
	Users
	Sessions
	Tokens
}

// Config wires a Service.
type Config struct {
	Store Store
	Clock func() time.Time
	// Random gives secrets and salts to any number of goroutines; nil is the
	// system's cryptographic source.
	Random io.Reader
	// Cost is that of hashing a password; the zero Cost means DefaultCost.
	Cost Cost
}

// Service lets people and programs in. It is safe for concurrent use.
type Service struct {
	Config

	hasher   *hasher
	throttle *throttle
	// inhabited is set once a user was seen: users don't vanish.
	inhabited atomic.Bool
}

// New makes a Service.
func New(c Config) (*Service, error) {
	if c.Cost == (Cost{}) {
		c.Cost = DefaultCost()
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	h, err := newHasher(c.Cost, c.Random)
	if err != nil {
		return nil, err
	}
	return &Service{Config: c, hasher: h, throttle: newThrottle()}, nil
}

// now gives the time as it is stored.
func (s *Service) now() ledger.Millis { return ledger.At(s.Clock()) }

// SetupNeeded tells whether there is no user yet.
func (s *Service) SetupNeeded(ctx context.Context) (bool, error) {
	if s.inhabited.Load() {
		return false, nil
	}
	found, err := s.Store.AnyUser(ctx)
	if err != nil {
		return false, err
	}
	if found {
		s.inhabited.Store(true)
	}
	return !found, nil
}

// stranger is the answer to who is not known.
func (s *Service) stranger(ctx context.Context) error {
	needed, err := s.SetupNeeded(ctx)
	switch {
	case err != nil:
		return err
	case needed:
		return fault.New("auth.setup_required", "this installation has no user yet").Classed(fault.Auth).
			Hinted("open the address that the program printed at its start")
	default:
		return fault.New("auth.login_required", "log in first").Classed(fault.Auth)
	}
}

// Me is who calls.
type Me struct {
	access.Principal

	// Language is the user's; "" for a token of the command line.
	Language string
	// WorkspaceName is for people.
	WorkspaceName string
}

// Me tells who calls. A token goes by its own name and role and by its maker's language.
func (s *Service) Me(ctx context.Context) (Me, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Me{}, err
	}
	workspace, err := s.Store.WorkspaceName(ctx, p.Workspace)
	if errors.Is(err, ledger.ErrNotFound) {
		err = access.Missing()
	}
	if err != nil {
		return Me{}, err
	}
	u, err := s.Store.User(ctx, p.Workspace, p.User)
	if errors.Is(err, ledger.ErrNotFound) {
		err = nil // a token of the command line has no maker
	}
	return Me{p, u.Language, workspace}, err
}
