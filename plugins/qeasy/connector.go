package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifestYAML []byte

// defaultAddress is the vendor's address in its documentation.
const defaultAddress = "https://api.qeasy.cloud"

// The operations of the manifest.
const (
	queryRows  = "query"
	dataLinks  = "data-link"
	storeRows  = "store"
	storeOnce  = "store#once"
	wakeSource = "dispatch-source"
	wakeTarget = "dispatch-target"
)

// qeasy implements connector.Connector.
type qeasy struct {
	clock func() time.Time
	// pause waits between two looks at a token that somebody else is asking for.
	pause func(context.Context) error
}

func newConnector(clock func() time.Time) qeasy { return qeasy{clock: clock, pause: tokens.Pause} }

// Manifest implements connector.Connector.
func (qeasy) Manifest() []byte { return manifestYAML }

// settings are a connection's settings and secrets.
type settings struct {
	Address     string `json:"address"`
	Version     string `json:"version"`
	AppKey      string `json:"appKey"`
	CheckScheme string `json:"checkScheme"`

	// appSecret is the application's (V2), token the scheme's (V1).
	appSecret, token string
}

// Open implements connector.Connector.
func (q qeasy) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	s := settings{appSecret: account.Secrets["appSecret"], token: account.Secrets["token"]}
	if err := account.Read(&s); err != nil {
		return nil, err
	}
	s.Address = strings.TrimRight(cmp.Or(s.Address, defaultAddress), "/")
	http := erphttp.New(host, q.clock, s.appSecret, s.token)
	http.HideFields("access_token", "app_secret", "token")
	c := &client{settings: s, http: http, clock: q.clock}
	return &session{client: c, tokens: &tokens.Keeper{
		System: "轻易云", Host: host, Clock: q.clock, Pause: q.pause, From: tokens.Digest(s.Address, s.AppKey, s.appSecret),
		Ask:   func(ctx context.Context, _ tokens.Grant) (tokens.Grant, error) { return c.login(ctx) },
		Learn: func(g tokens.Grant) { http.Hide(g.Token) },
	}}, nil
}

// session implements connector.Session, connector.Writer and connector.Prober.
type session struct {
	client *client
	tokens *tokens.Keeper
}

// Check implements connector.Session: it asks for one row of the last minute.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	now := s.client.clock().Unix()
	params := fmt.Appendf(nil, `{"begin_at":%d,"end_at":%d}`, now-60, now)
	got, err := s.call(ctx, s.client.list(queryRows, s.client.settings.CheckScheme, item.Of(params), connector.PageRef{Number: 1, Size: 1}))
	return connector.Health{SourceTime: got.date}, err
}

// Close implements connector.Session. It waits for a log-in under way, whose token would
// otherwise be lost.
func (s *session) Close(ctx context.Context) error {
	defer s.client.http.Close()
	return s.tokens.Close(ctx)
}

// call makes a call with the token, and once more with a fresh one where the vendor refuses
// the first: a refused token means that nothing was done. A scheme's own token has no end.
func (s *session) call(ctx context.Context, c call) (answer, error) {
	if s.client.v1() {
		return s.client.send(ctx, "", c)
	}
	grant, err := s.tokens.Get(ctx, "")
	if err != nil {
		return answer{}, err
	}
	got, err := s.client.send(ctx, grant.Token, c)
	if !tokenRefused(err) {
		return got, err
	}
	fresh, err := s.tokens.Get(ctx, grant.Token)
	if err != nil {
		return answer{}, err
	}
	return s.client.send(ctx, fresh.Token, c)
}

// scheme reads which scheme a call is about.
func scheme(params item.Value) (string, error) {
	id := params.Field("scheme_id").Text()
	if id == "" {
		return "", fault.New("qeasy.scheme_missing", "no scheme is given").At("scheme_id").Classed(fault.Config).Unapplied().
			Hinted("enter the id of the scheme, which its page on 轻易云 shows")
	}
	return id, nil
}

// second refuses what only an application's token can do.
func (s *session) second(operation string) error {
	if !s.client.v1() {
		return nil
	}
	return fault.New("qeasy.needs_v2", "%s needs the interface V2", operation).Classed(fault.Config).Unapplied().
		Hinted("set the connection to V2, with an application's key and secret")
}

func unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "轻易云 has no operation %q here", operation).Classed(fault.Config).Unapplied()
}

func unreadable(format string, args ...any) *fault.Fault {
	return fault.New("qeasy.answer_unreadable", format, args...).Classed(fault.Transient)
}
