package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
)

//go:embed manifest.yaml
var manifestYAML string

// The vendor's production gateway and its own key there.
const (
	defaultAddress = "http://hu3cgwt0tc.api.taobao.com/router/qm"
	defaultTarget  = "21363512"
)

// listOf gives the member of an answer that holds the rows of a query, and whether it has
// pages (public: the pages of the interfaces behind the gateway).
func listOf(operation string) (list string, paged, ok bool) {
	switch operation {
	case "wdt.trade.query":
		return "trades", true, true
	case "wdt.stockout.order.query.trade":
		return "stockout_list", true, true
	case "wdt.goods.query":
		return "goods_list", true, true
	case "wdt.shop.query":
		return "shoplist", true, true
	case "wdt.warehouse.query":
		return "warehouses", true, true
	case "wdt.logistics.query":
		return "logistics_list", false, true
	default:
		return "", false, false
	}
}

// qimen implements connector.Connector.
type qimen struct{ clock func() time.Time }

func newConnector(clock func() time.Time) qimen { return qimen{clock} }

// Manifest implements connector.Connector.
func (qimen) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector. It makes no call.
func (q qimen) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	client := &client{secret: account.Secrets["appSecret"], session: account.Secrets["session"], clock: wdt.NewClock(q.clock)}
	if err := json.Unmarshal(account.Settings, client); err != nil {
		return nil, fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config).Because(err)
	}
	client.Address, client.Target = cmp.Or(client.Address, defaultAddress), cmp.Or(client.Target, defaultTarget)
	client.Method = cmp.Or(client.Method, md5Method)
	client.http = erphttp.New(host, q.clock, client.secret, client.session)
	client.http.HideFields("sign", "session")
	return &session{client}, nil
}

// session implements connector.Session.
type session struct{ client *client }

// Check implements connector.Session: it asks for one shop.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	one := map[string]string{"page_no": "0", "page_size": "1"}
	got, err := s.client.call(ctx, "wdt.shop.query", one)
	if fault.CodeOf(err) == wdt.CodeClock {
		got, err = s.client.call(ctx, "wdt.shop.query", one) // a check does not count against anything that waits
	}
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: got.date, Account: "sid " + s.client.Sid}, nil
}

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	list, paged, ok := listOf(req.Operation)
	if !ok {
		return connector.Page{}, fault.New("connector.unknown_operation", "旺店通 has no operation %q here", req.Operation).Classed(fault.Config)
	}
	fields, err := wdt.Fields(req.Params)
	if err != nil {
		return connector.Page{}, err
	}
	if paged {
		wdt.Turn(fields, req.Page)
	}
	got, err := s.client.call(ctx, req.Operation, fields)
	if err != nil {
		return connector.Page{}, err
	}
	return wdt.Page(got.body, list, got.date)
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.client.http.Close()
	return nil
}
