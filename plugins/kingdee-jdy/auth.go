package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/fault"
)

const (
	// appTokenLife is the documented life of an app-token; it is renewed so long before its end.
	appTokenLife  = 24 * time.Hour
	appTokenEarly = time.Hour
)

// ask asks for a token in the connection's way.
func (c *client) ask(ctx context.Context) (tokens.Grant, error) {
	if c.settings.Auth == byGateway {
		return c.askGateway(ctx)
	}
	return c.askUser(ctx)
}

// askUser asks for a user's token (public: the vendor's kit 1.0). Its life is not documented, so
// that it is used until it is refused, unless the answer tells.
func (c *client) askUser(ctx context.Context) (tokens.Grant, error) {
	s := &c.settings
	got, err := c.send(ctx, http.MethodGet, "/auth/user/access_token", url.Values{
		"client_id": {s.ClientID}, "client_secret": {s.clientSecret}, "username": {s.Username}, "password": {s.password},
	}, nil, nil)
	if err != nil {
		return tokens.Grant{}, err
	}
	grant := tokens.Grant{Token: got.data().Field("access_token").Text()}
	if grant.Token == "" {
		return tokens.Grant{}, unreadable("the answer to the log-in brings no access_token")
	}
	if seconds, err := strconv.ParseInt(got.data().Field("expires_in").Text(), 10, 64); err == nil && seconds > 0 {
		life := time.Duration(seconds) * time.Second
		grant = grant.Lasting(c.clock(), life, min(appTokenEarly, life/10))
	}
	return grant, nil
}

// app is an application's authorisation for one account set.
type app struct{ key, secret, domain, group string }

// askGateway asks for an app-token. The secret of an application changes every 24 hours, so that
// it is fetched anew each time, unless a person entered a lasting one.
func (c *client) askGateway(ctx context.Context) (tokens.Grant, error) {
	s := &c.settings
	a := app{s.AppKey, s.appSecret, s.Domain, s.GroupName}
	if s.OuterInstanceID != "" {
		authorised, err := c.authorised(ctx)
		if err != nil {
			return tokens.Grant{}, err
		}
		a = authorised
	}
	if a.key == "" || a.secret == "" {
		return tokens.Grant{}, fault.New("jdy.not_authorised", "the application has no key for the account set").Classed(fault.Auth).Unapplied().
			Hinted("enter the id of the authorisation (第三方实例 ID), or appKey and appSecret")
	}
	c.http.Hide(a.secret)
	got, err := c.signed(ctx, http.MethodGet, "/jdyconnector/app_management/kingdee_auth_token",
		url.Values{"app_key": {a.key}, "app_signature": {digest(a.secret, a.key)}}, nil, nil)
	if err != nil {
		return tokens.Grant{}, err
	}
	data := got.data()
	grant := tokens.Grant{
		Token: cmp.Or(data.Field("app-token").Text(), data.Field("app_token").Text()),
		With:  map[string]string{"domain": cmp.Or(a.domain, data.Field("domain").Text()), "group": a.group, "accessToken": data.Field("access_token").Text()},
	}
	if grant.Token == "" {
		return tokens.Grant{}, unreadable("the answer to the token request brings no app-token")
	}
	return grant.Lasting(c.clock(), appTokenLife, appTokenEarly), nil
}

// authorised fetches the application's key and secret for the connection's account set.
func (c *client) authorised(ctx context.Context) (app, error) {
	got, err := c.signed(ctx, http.MethodPost, "/jdyconnector/app_management/push_app_authorize",
		url.Values{"outerInstanceId": {c.settings.OuterInstanceID}}, nil, nil)
	if err != nil {
		return app{}, err
	}
	for one := range got.data().Elements() {
		if id := one.Field("accountId").Text(); c.settings.AccountID == "" || id == c.settings.AccountID {
			return app{one.Field("appKey").Text(), one.Field("appSecret").Text(), one.Field("domain").Text(), one.Field("groupName").Text()}, nil
		}
	}
	return app{}, fault.New("jdy.not_authorised", "the application is not authorised for the account set %s", c.settings.AccountID).
		Classed(fault.Auth).Unapplied().Hinted("enter the id of the authorisation (第三方实例 ID), or appKey and appSecret")
}
