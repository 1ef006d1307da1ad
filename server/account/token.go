package account

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// TokenPrefix begins every API token, so that people and scanners know one when they see it.
const TokenPrefix = "karez_"

// maxTokenName is what the column holds, in characters.
const maxTokenName = 190

// CreateToken makes an API token of the caller's workspace and gives its secret,
// which is shown this once. The zero time never expires.
func (s *Service) CreateToken(ctx context.Context, name string, role access.Role, expires time.Time) (Token, string, error) {
	p, err := access.Here(ctx, access.Administer)
	if err != nil {
		return Token{}, "", err
	}
	name = strings.TrimSpace(name)
	now := s.now()
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxTokenName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return Token{}, "", fault.New("account.name_invalid", "a name has 1 to %d characters", maxTokenName).At("name").Classed(fault.Config)
	case !role.Valid():
		return Token{}, "", fault.New("account.role_invalid", "there is no such role").At("role").Classed(fault.Config).
			Hinted("choices: viewer, operator, editor, admin")
	case !expires.IsZero() && ledger.At(expires) <= now:
		return Token{}, "", fault.New("account.expiry_past", "the token would be expired already").At("expiresAt").Classed(fault.Config)
	}
	random, err := newSecret(s.Random)
	if err != nil {
		return Token{}, "", err
	}
	secret := TokenPrefix + random
	t, err := s.Store.InsertToken(ctx, Token{
		Workspace: p.Workspace, User: p.User, Name: name, Role: role, Hash: digest(secret), Created: now, Expires: ledger.At(expires),
	})
	if err != nil {
		return Token{}, "", err
	}
	return t, secret, nil
}

// Tokens lists the API tokens of the caller's workspace, the newest first.
func (s *Service) Tokens(ctx context.Context) ([]Token, error) {
	p, err := access.Here(ctx, access.Administer)
	if err != nil {
		return nil, err
	}
	return s.Store.Tokens(ctx, p.Workspace)
}

// DeleteToken deletes an API token of the caller's workspace; it lets nobody in any more.
func (s *Service) DeleteToken(ctx context.Context, id ledger.ID) error {
	p, err := access.Here(ctx, access.Administer)
	if err != nil {
		return err
	}
	deleted, err := s.Store.DeleteToken(ctx, p.Workspace, id)
	if err == nil && !deleted {
		return access.Missing()
	}
	return err
}

// Token gives who an API token stands for. One that expired, was deleted or never
// was is "auth.login_required", or "auth.setup_required".
func (s *Service) Token(ctx context.Context, secret string) (access.Principal, error) {
	if !strings.HasPrefix(secret, TokenPrefix) {
		return access.Principal{}, s.stranger(ctx)
	}
	t, err := s.Store.TokenByHash(ctx, digest(secret))
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Principal{}, s.stranger(ctx)
	}
	if err != nil {
		return access.Principal{}, err
	}
	now := s.now()
	if t.Expires != 0 && now >= t.Expires {
		return access.Principal{}, s.stranger(ctx)
	}
	if now >= t.Used.Add(stamp) {
		if err := s.Store.TouchToken(ctx, t.ID, t.Used, now); err != nil {
			return access.Principal{}, err
		}
	}
	return access.Principal{Workspace: t.Workspace, User: t.User, Name: t.Name, Role: t.Role}, nil
}

// seconds rounds a wait up.
func seconds(wait time.Duration) string {
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}
