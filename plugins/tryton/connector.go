package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/plugins/tryton/internal/refusal"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifestYAML []byte

// tryton implements connector.Connector.
type tryton struct {
	clock func() time.Time
	// pause waits between two looks at a session that somebody else is asking for.
	pause func(context.Context) error
}

func newConnector(clock func() time.Time) tryton { return tryton{clock: clock, pause: tokens.Pause} }

// Manifest implements connector.Connector.
func (tryton) Manifest() []byte { return manifestYAML }

// settings are a connection's settings and secrets.
type settings struct {
	Address  string `json:"address"`
	Database string `json:"database"`
	User     string `json:"user"`
	Company  string `json:"company"`
	Language string `json:"language"`
	// AcceptWarnings says that what Tryton asks a person to confirm is confirmed.
	AcceptWarnings bool `json:"acceptWarnings"`

	password string
}

// Open implements connector.Connector.
func (m tryton) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	s := settings{password: account.Secrets["password"]}
	if err := json.Unmarshal(account.Settings, &s); err != nil {
		return nil, fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config).Because(err)
	}
	if s.Company = strings.TrimSpace(s.Company); strings.Trim(s.Company, "0123456789") != "" {
		return nil, fault.New("tryton.company_invalid", "%q is not the id of a company, which is a whole number", s.Company).At("company").Classed(fault.Config).Unapplied().
			Hinted("leave it empty to work in the user's own company")
	}
	s.Address = strings.TrimRight(s.Address, "/")
	http := erphttp.New(discreet{host}, m.clock, s.password)
	http.HideFields("password")
	c := &client{settings: s, http: http, host: host}
	return &session{
		client: c, models: map[string]model{},
		tokens: &tokens.Keeper{
			System: "Tryton", Host: host, Clock: m.clock, Pause: m.pause,
			From:  tokens.Digest(s.Address, s.Database, s.User, s.password, s.Company, s.Language),
			Ask:   func(ctx context.Context, _ tokens.Grant) (tokens.Grant, error) { return c.login(ctx) },
			Learn: func(g tokens.Grant) { http.Hide(g.Token, authorization(s.User, g)) },
		},
	}, nil
}

// discreet is a host that is not told the session which the answer to a log-in brings.
type discreet struct{ connector.Host }

// Trace implements connector.Host.
func (h discreet) Trace(ctx context.Context, e connector.Exchange) {
	if item.Of(e.RequestBody).Field("method").Text() == loginMethod && len(e.ResponseBody) > 0 {
		e.ResponseBody = []byte("***")
	}
	h.Host.Trace(ctx, e)
}

// session implements connector.Session, connector.Writer, connector.Prober and connector.Discoverer.
type session struct {
	client *client
	tokens *tokens.Keeper

	mu     sync.Mutex
	models map[string]model
}

// Check implements connector.Session: it asks for the user's preferences.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	got, err := s.call(ctx, preferences())
	if err != nil {
		return connector.Health{}, err
	}
	account := s.client.settings.Database
	if company := got.result.Field("company.rec_name").Text(); company != "" {
		account += ": " + company
	}
	return connector.Health{SourceTime: got.date, Account: account}, nil
}

// Close implements connector.Session. The session at Tryton stays: other processes use it, too.
func (s *session) Close(ctx context.Context) error {
	defer s.client.http.Close()
	return s.tokens.Close(ctx)
}

// maxWarnings is how many warnings of one call are confirmed.
const maxWarnings = 10

// call makes a call. Where the connection says so, a warning is confirmed as Tryton's client
// does it, and the call made again: a call that warns has done nothing.
func (s *session) call(ctx context.Context, to call) (answer, error) {
	got, err := s.within(ctx, to)
	for range maxWarnings {
		f := fault.From(err)
		if !s.client.settings.AcceptWarnings || f == nil || f.Code != "vendor.UserWarning" || f.Args["warning"] == "" {
			return got, err
		}
		grant, failed := s.tokens.Get(ctx, "")
		if failed != nil {
			return got, err
		}
		confirmed := item.AppendText([]byte(`[{"always":false,"user":`+grant.With["user"]+`,"name":`), f.Args["warning"])
		if _, failed := s.within(ctx, call{method: "model.res.user.warning.create", params: [][]byte{append(confirmed, "}]"...)}}); failed != nil {
			return got, err
		}
		s.client.host.Log(ctx, connector.Warn, "a warning of Tryton was confirmed", map[string]string{"warning": f.Message})
		got, err = s.within(ctx, to)
	}
	return got, err
}

// within makes a call in the session, and once more in a fresh one where Tryton does not know
// the first any more: a refused session means that nothing was done.
func (s *session) within(ctx context.Context, to call) (answer, error) {
	grant, err := s.tokens.Get(ctx, "")
	if err != nil {
		return answer{}, err
	}
	got, err := s.client.call(ctx, grant, to)
	if fault.CodeOf(err) != refusal.SessionEnded {
		return got, err
	}
	fresh, err := s.tokens.Get(ctx, grant.Token)
	if err != nil {
		return answer{}, err
	}
	return s.client.call(ctx, fresh, to)
}
