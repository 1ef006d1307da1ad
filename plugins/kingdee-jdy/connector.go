package main

import (
	"cmp"
	"context"
	_ "embed"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
)

//go:embed manifest.yaml
var manifestYAML []byte

// defaultAddress is the vendor's gateway.
const defaultAddress = "https://api.kingdee.com"

// byGateway is the way in with signed calls; the other is a user's token.
const byGateway = "gateway"

// jdy implements connector.Connector.
type jdy struct {
	clock func() time.Time
	// pause waits between two looks at a token that somebody else is asking for.
	pause func(context.Context) error
}

func newConnector(clock func() time.Time) jdy { return jdy{clock: clock, pause: tokens.Pause} }

// Manifest implements connector.Connector.
func (jdy) Manifest() []byte { return manifestYAML }

// settings are a connection's settings and secrets.
type settings struct {
	Address         string `json:"address"`
	Auth            string `json:"auth"`
	ClientID        string `json:"clientId"`
	Username        string `json:"username"`
	AccountID       string `json:"accountId"`
	GroupName       string `json:"groupName"`
	OuterInstanceID string `json:"outerInstanceId"`
	AppKey          string `json:"appKey"`
	Domain          string `json:"domain"`

	clientSecret, password, appSecret string
}

func (s *settings) digest() string {
	return tokens.Digest(s.Address, s.Auth, s.ClientID, s.Username, s.AccountID, s.GroupName, s.OuterInstanceID, s.AppKey, s.Domain,
		s.clientSecret, s.password, s.appSecret)
}

// Open implements connector.Connector.
func (j jdy) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	s := settings{clientSecret: account.Secrets["clientSecret"], password: account.Secrets["password"], appSecret: account.Secrets["appSecret"]}
	if err := account.Read(&s); err != nil {
		return nil, err
	}
	s.Address = strings.TrimRight(cmp.Or(s.Address, defaultAddress), "/")
	http := erphttp.New(host, j.clock, s.clientSecret, s.password, s.appSecret)
	http.HideFields("access_token", "app-token", "app_token", "appSecret", "app_signature")
	c := &client{settings: s, http: http, clock: j.clock}
	return &session{client: c, tokens: &tokens.Keeper{
		System: "金蝶云星辰", Host: host, Clock: j.clock, Pause: j.pause, From: s.digest(),
		Ask:   func(ctx context.Context, _ tokens.Grant) (tokens.Grant, error) { return c.ask(ctx) },
		Learn: func(g tokens.Grant) { http.Hide(g.Token, g.With["accessToken"]) },
	}}, nil
}

// session implements connector.Session, connector.Writer and connector.Prober.
type session struct {
	client *client
	tokens *tokens.Keeper
}

// Check implements connector.Session: it asks for one unit of measure.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	operation, params := "jdy/basedata/measure_unit_list", `{"page":1,"pagesize":1}`
	if s.client.settings.Auth == byGateway {
		operation, params = "jdy/v2/bd/measure_unit", `{"page":1,"page_size":1}`
	}
	page, err := s.Query(ctx, connector.QueryRequest{Operation: operation, Params: []byte(params), Page: connector.PageRef{Number: 1, Size: 1}})
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: page.SourceTime, Account: s.client.settings.AccountID}, nil
}

// Close implements connector.Session. It waits for a token that is being asked for.
func (s *session) Close(ctx context.Context) error {
	defer s.client.http.Close()
	return s.tokens.Close(ctx)
}

// call makes a call with the token, and once more with a fresh one where the gateway refuses
// the first: it does so before the system sees the call.
func (s *session) call(ctx context.Context, c call) (answer, error) {
	if c.second() && s.client.settings.Auth != byGateway {
		return answer{}, fault.New("jdy.needs_gateway", "%s is an interface of the second generation, which takes signed calls only", c.path).
			Classed(fault.Config).Unapplied().Hinted("choose the gateway as the way in, or the operation of the first generation")
	}
	grant, err := s.tokens.Get(ctx, "")
	if err != nil {
		return answer{}, err
	}
	got, err := s.client.business(ctx, grant, c)
	switch fault.CodeOf(err) {
	case "vendor.4009", "vendor.4010", "vendor.4011":
	default:
		return got, err
	}
	fresh, err := s.tokens.Get(ctx, grant.Token)
	if err != nil {
		return answer{}, err
	}
	return s.client.business(ctx, fresh, c)
}

func unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "金蝶云星辰 has no operation %q here", operation).Classed(fault.Config).Unapplied()
}

func unreadable(format string, args ...any) *fault.Fault {
	return fault.New("jdy.answer_unreadable", format, args...).Classed(fault.Transient)
}
