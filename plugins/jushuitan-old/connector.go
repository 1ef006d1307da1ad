package main

import (
	"context"
	_ "embed"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/jstwire"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifestYAML string

// defaultAddress is the vendor's production address.
const defaultAddress = "https://open.erp321.com"

// listOf gives the member of an answer that holds the rows (seen in public clients' samples).
func listOf(method string) (string, bool) {
	switch method {
	case "shops.query":
		return "shops", true
	case "orders.single.query":
		return "orders", true
	case "refund.single.query", "wms.partner.query", "logisticscompany.query":
		return "datas", true
	default:
		return "", false
	}
}

// platform implements connector.Connector.
type platform struct {
	clock func() time.Time
	// pause waits between two looks at a token that somebody else is keeping alive.
	pause func(context.Context) error
}

func newConnector(clock func() time.Time) platform { return platform{clock: clock, pause: pause} }

func pause(ctx context.Context) error {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Manifest implements connector.Connector.
func (platform) Manifest() []byte { return []byte(manifestYAML) }

// settings are a connection's settings and secrets.
type settings struct {
	Address   string `json:"address"`
	PartnerID string `json:"partnerId"`

	partnerKey, token string
}

// Open implements connector.Connector.
func (p platform) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	s := settings{partnerKey: account.Secrets["partnerKey"], token: account.Secrets["token"]}
	if err := account.Read(&s); err != nil {
		return nil, err
	}
	if s.Address == "" {
		s.Address = defaultAddress
	}
	s.Address = strings.TrimRight(s.Address, "/")
	http := erphttp.New(host, p.clock, s.partnerKey, s.token)
	http.HideFields("sign", "token")
	client := &client{settings: s, http: http, clock: p.clock}
	return &session{client: client, keeper: newKeeper(s, client, host, p.clock, p.pause)}, nil
}

// session implements connector.Session.
type session struct {
	client *client
	keeper *keeper
}

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	list, ok := listOf(req.Operation)
	if !ok {
		return connector.Page{}, fault.New("connector.unknown_operation", "聚水潭's older platform has no operation %q here", req.Operation).Classed(fault.Config)
	}
	body, counted, err := jstwire.Params(req)
	if err != nil {
		return connector.Page{}, err
	}
	if err := s.keeper.keep(ctx); err != nil {
		return connector.Page{}, err
	}
	got, err := s.client.call(ctx, req.Operation, body)
	if err != nil {
		return connector.Page{}, err
	}
	return page(got, list, counted)
}

// Check implements connector.Session: it asks for one shop.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	if err := s.keeper.keep(ctx); err != nil {
		return connector.Health{}, err
	}
	got, err := s.client.call(ctx, "shops.query", []byte(`{"page_index":1,"page_size":1}`))
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: got.date, Account: "partnerid " + s.client.settings.PartnerID}, nil
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.client.http.Close()
	return nil
}

// page reads a page out of an answer, which is flat. The rows stay the vendor's bytes.
func page(got answer, list string, counted bool) (connector.Page, error) {
	page := connector.Page{Rows: []byte("[]"), Total: -1, SourceTime: got.date}
	rows := got.envelope.Field(list)
	total, err := strconv.Atoi(got.envelope.Field("data_count").Text())
	if counted && err == nil {
		page.Total = total
	}
	page.More = got.envelope.Field("has_next").Text() == "true"
	switch rows.Kind() {
	case item.Array:
		page.Rows = rows.Raw()
	case item.None, item.Null:
		// A list that should have rows must not pass for an empty one.
		if page.Total > 0 || page.More {
			return connector.Page{}, unreadable("the answer announces %d rows but holds no %s", total, list)
		}
		page.Warnings = append(page.Warnings, "the answer holds no "+list)
	default:
		return connector.Page{}, unreadable("%s in the answer is not a list", list)
	}
	return page, nil
}

func unreadable(format string, args ...any) *fault.Fault {
	return fault.New("erp321.answer_unreadable", format, args...).Classed(fault.Transient)
}
