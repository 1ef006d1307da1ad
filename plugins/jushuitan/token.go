package main

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

const (
	// maxEarly is how long before its end a token is refreshed; short-lived ones after nine tenths.
	maxEarly = 12 * time.Hour
	// refreshToken is what comes with a token, and is rotated: it is good for one refresh.
	refreshToken = "refresh_token"
)

// grants asks for tokens.
type grants struct {
	settings settings
	client   *client
	clock    func() time.Time
}

func (j jushuitan) keeper(s settings, c *client, host connector.Host) *tokens.Keeper {
	return &tokens.Keeper{
		System: "聚水潭", Host: host, Clock: j.clock, Pause: j.pause, Ask: grants{s, c, j.clock}.next,
		From:  tokens.Digest(s.AppKey, s.appSecret, s.AuthMode, s.authCode, s.accessToken, s.refreshToken),
		Learn: func(g tokens.Grant) { c.http.Hide(g.Token, g.With[refreshToken]) },
	}
}

// next makes the next grant.
func (g grants) next(ctx context.Context, old tokens.Grant) (tokens.Grant, error) {
	if old.Token == "" {
		return g.first(ctx)
	}
	if refresh := old.With[refreshToken]; refresh != "" {
		next, err := g.renew(ctx, refresh)
		if err == nil || !g.settings.ownApp() || !refusal(err) {
			return next, err
		}
	}
	// A dead refresh token does not lock a merchant's own application out.
	if g.settings.ownApp() {
		return g.initial(ctx)
	}
	return tokens.Grant{}, unauthorised()
}

// first makes the grant of a connection that has none yet: from what a person
// entered where there is something, else by asking.
func (g grants) first(ctx context.Context) (tokens.Grant, error) {
	s := g.settings
	switch {
	case s.accessToken != "":
		return tokens.Grant{Token: s.accessToken, With: map[string]string{refreshToken: s.refreshToken}}, nil
	case s.refreshToken != "":
		return g.renew(ctx, s.refreshToken)
	case s.ownApp():
		return g.initial(ctx)
	case s.authCode != "":
		return g.ask(ctx, "/openWeb/auth/accessToken", map[string]string{"grant_type": "authorization_code", "code": s.authCode})
	default:
		return tokens.Grant{}, unauthorised()
	}
}

// initial asks for a token as a merchant's own application may: with any six characters as code.
func (g grants) initial(ctx context.Context) (tokens.Grant, error) {
	return g.ask(ctx, "/openWeb/auth/getInitToken", map[string]string{"grant_type": "authorization_code", "code": strings.ToLower(rand.Text()[:6])})
}

func (g grants) renew(ctx context.Context, refresh string) (tokens.Grant, error) {
	next, err := g.ask(ctx, "/openWeb/auth/refreshToken", map[string]string{"grant_type": refreshToken, refreshToken: refresh, "scope": "all"})
	if err == nil && next.With[refreshToken] == "" {
		next.With[refreshToken] = refresh // some answers bring no new one; the old one goes on
	}
	return next, err
}

// ask calls a token endpoint. The answer is {"access_token","refresh_token","expires_in","scope"};
// expires_in is in seconds and is honoured, whatever the documented 30 days say.
func (g grants) ask(ctx context.Context, path string, form map[string]string) (tokens.Grant, error) {
	got, err := g.client.again(ctx, path, form)
	if err != nil {
		return tokens.Grant{}, err
	}
	next := tokens.Grant{Token: got.data.Field("access_token").Text(), With: map[string]string{refreshToken: got.data.Field(refreshToken).Text()}}
	if next.Token == "" {
		return tokens.Grant{}, unreadable("the answer to a token request brings no access_token")
	}
	if seconds, err := strconv.ParseInt(got.data.Field("expires_in").Text(), 10, 64); err == nil && seconds > 0 {
		life := time.Duration(seconds) * time.Second
		next = next.Lasting(g.clock(), life, min(maxEarly, life/10))
	}
	return next, nil
}

func unauthorised() error {
	return fault.New("jushuitan.not_authorised", "the merchant has not authorised this service provider's application, or the authorisation has ended").
		Classed(fault.Auth).Unapplied().
		Hinted("let the merchant agree on the authorisation page and enter the code or the tokens in the connection")
}

// refusal tells that the vendor answered and said no, and not only for being asked too often.
func refusal(err error) bool {
	code := fault.CodeOf(err)
	return strings.HasPrefix(code, "vendor.") && code != codePerSecond && code != codePerMinute
}
