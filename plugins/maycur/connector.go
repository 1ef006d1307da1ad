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

// defaultAddress is the vendor's production address.
const defaultAddress = "https://www.maycur.com"

// The operations of the manifest that are served in a way of their own.
const (
	paidList     = "paymenttransaction/paid/list"
	waitingList  = "paymenttransaction/list"
	reimburse    = "form/reimburse"
	employees    = "employee"
	importFees   = "receive/expense"
	updateStatus = "paymenttransaction/update"
)

// maycur implements connector.Connector.
type maycur struct {
	clock func() time.Time
	// pause waits between two looks at a token that somebody else is asking for.
	pause func(context.Context) error
}

func newConnector(clock func() time.Time) maycur { return maycur{clock: clock, pause: tokens.Pause} }

// Manifest implements connector.Connector.
func (maycur) Manifest() []byte { return manifestYAML }

// settings are a connection's settings and secrets.
type settings struct {
	Address  string `json:"address"`
	AppCode  string `json:"appCode"`
	PageNum  string `json:"pageNum"`
	RowsPath string `json:"rowsPath"`

	appSecret string
}

// Open implements connector.Connector.
func (m maycur) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	s := settings{appSecret: account.Secrets["appSecret"]}
	if err := account.Read(&s); err != nil {
		return nil, err
	}
	s.Address = strings.TrimRight(cmp.Or(s.Address, defaultAddress), "/")
	s.RowsPath = cmp.Or(s.RowsPath, "data")
	http := erphttp.New(host, m.clock, s.appSecret)
	http.HideFields("tokenId", "secret")
	c := &client{settings: s, http: http, clock: m.clock}
	return &session{client: c, tokens: &tokens.Keeper{
		System: "每刻", Host: host, Clock: m.clock, Pause: m.pause, From: tokens.Digest(s.Address, s.AppCode, s.appSecret),
		Ask:   func(ctx context.Context, _ tokens.Grant) (tokens.Grant, error) { return c.login(ctx) },
		Learn: func(g tokens.Grant) { http.Hide(g.Token) },
	}}, nil
}

// session implements connector.Session and connector.Writer.
type session struct {
	client *client
	tokens *tokens.Keeper
}

// Check implements connector.Session: it asks for one payment of the last minute.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	now := s.client.clock().UnixMilli()
	data := object{}
	data.number("pageSize", 1)
	data.number("pageNum", s.client.pageNum(connector.PageRef{Number: 1, Size: 1}))
	data.number("startPaidTime", now-time.Minute.Milliseconds())
	data.number("endPaidTime", now)
	got, err := s.call(ctx, call{path: paidList, body: s.client.classic(data.bytes())})
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: got.date, Account: got.entCode}, nil
}

// Close implements connector.Session. It waits for a log-in under way, whose token would
// otherwise be lost: frequent log-ins may be blocked.
func (s *session) Close(ctx context.Context) error {
	defer s.client.http.Close()
	return s.tokens.Close(ctx)
}

// call makes a call with the token, and once more with a fresh one where the vendor refuses
// the first: a refused token means that nothing was done.
func (s *session) call(ctx context.Context, c call) (answer, error) {
	grant, err := s.tokens.Get(ctx, "")
	if err != nil {
		return answer{}, err
	}
	got, err := s.client.send(ctx, grant, c)
	if !tokenRefused(err) {
		return got, err
	}
	fresh, err := s.tokens.Get(ctx, grant.Token)
	if err != nil {
		return answer{}, err
	}
	return s.client.send(ctx, fresh, c)
}

func unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "每刻 has no operation %q here", operation).Classed(fault.Config).Unapplied()
}

func unreadable(format string, args ...any) *fault.Fault {
	return fault.New("maycur.answer_unreadable", format, args...).Classed(fault.Transient)
}
