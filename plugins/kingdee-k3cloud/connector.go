// Command kingdee-k3cloud is the connector of 金蝶云星空 (K/3 Cloud): it logs in,
// queries bills and base data, saves, pushes, submits and audits bills through the
// WebAPI, and finds saved bills again by their number.
//
// It may import the standard library, the sdk and plugins/internal; only main.go
// knows the sandbox.
package main

import (
	"context"
	_ "embed"
	"strings"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifest string

// Connector is 金蝶云星空.
type Connector struct{ clock func() time.Time }

// New makes the connector. clock stamps signed logins and ends the pause after a refused one.
func New(clock func() time.Time) *Connector { return &Connector{clock: clock} }

// Manifest gives the declaration.
func (c *Connector) Manifest() []byte { return []byte(manifest) }

// Open makes a session; the first call logs in.
func (c *Connector) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	a, err := readAccount(account)
	if err != nil {
		return nil, err
	}
	client := erphttp.New(scrubber{host}, c.clock, a.password, a.appSecret)
	// With these members of a login's answer somebody could take the session over.
	client.HideFields("KDSVCSessionId", "SessionId", "UserToken", "AccessToken", "Gsid")
	return &session{account: a, clock: c.clock, host: host, client: client, refresh: make(chan struct{}, 1)}, nil
}

// session is an open connection. Its fields don't change after Open but for
// current, the session last seen to work.
type session struct {
	account account
	client  *erphttp.Client
	host    connector.Host
	clock   func() time.Time
	// refresh is held by the one call of this process that renews the session.
	refresh chan struct{}
	current atomic.Pointer[ticket]
}

// Check reads one currency, which every account set has: Kingdee's own kits test
// a connection so. A user who may not read it has logged in all the same.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	body := []byte(`{"data":{"FormId":"BD_Currency","FieldKeys":"FCODE","FilterString":"FNUMBER='PRE001'","TopRowCount":1,"StartRow":0,"Limit":1}}`)
	reply, err := s.call(ctx, "ExecuteBillQuery", body)
	if err != nil {
		return connector.Health{}, err
	}
	if reply.failed() && reply.status.code != codeNoPermission {
		return connector.Health{}, reply.status.fault()
	}
	health := connector.Health{SourceTime: reply.date}
	if s.account.login == byEachCall {
		health.Account = s.account.user + " @ " + s.account.acct
	}
	if t := s.current.Load(); t != nil {
		health.Account = t.Account
	}
	return health, nil
}

// Close drops idle connections. The session at the server stays: other
// processes use it too.
func (s *session) Close(context.Context) error {
	s.client.Close()
	return nil
}

// scrubber keeps the parameters of a login out of traces: they stand there
// without names, and a signature is as good as a password for a while.
type scrubber struct{ connector.Host }

// Trace implements connector.Host.
func (h scrubber) Trace(ctx context.Context, e connector.Exchange) {
	if strings.Contains(e.URL, authService) {
		e.RequestBody = []byte(`{"parameters":"***"}`)
	}
	h.Host.Trace(ctx, e)
}

// object checks that raw is a JSON object; nothing at all is an empty one. Its
// members are found in any case: parameters come from imported schemes, whose
// spelling varies.
func object(raw []byte, what string) (item.Value, error) {
	if len(raw) == 0 {
		return item.Of([]byte("{}")), nil
	}
	if err := item.Check(raw); err != nil {
		return item.Value{}, fault.From(err).Unapplied()
	}
	v := item.Of(raw)
	if v.Kind() != item.Object {
		return v, fault.New("k3cloud.not_an_object", "%s must be a JSON object", what).Classed(fault.Internal).Unapplied()
	}
	return v, nil
}

// unapplied marks an error of a step before the write itself.
func unapplied(err error) error { return fault.From(err).Unapplied() }
