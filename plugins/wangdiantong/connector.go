package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifestYAML string

// defaultAddress is the vendor's production address.
const defaultAddress = "https://api.wangdian.cn/openapi2"

// The operations that write.
const (
	tradePush    = "trade_push"
	stockoutPush = "stockout_order_push"
)

// listOf gives the member of an answer that holds the rows of a query, which differs between
// interfaces, and whether it has pages (public: the open platform's pages of each).
func listOf(operation string) (list string, paged, ok bool) {
	switch operation {
	case "trade_query":
		return "trades", true, true
	case "stockout_order_query_trade", "stockout_order_query":
		return "stockout_list", true, true
	case "goods_query":
		return "goods_list", true, true
	case "shop":
		return "shoplist", true, true
	case "warehouse_query":
		return "warehouses", true, true
	case "logistics":
		return "logistics_list", false, true
	default:
		return "", false, false
	}
}

// wangdiantong implements connector.Connector.
type wangdiantong struct{ clock func() time.Time }

func newConnector(clock func() time.Time) wangdiantong { return wangdiantong{clock} }

// Manifest implements connector.Connector.
func (wangdiantong) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector. It makes no call.
func (w wangdiantong) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	client := &client{secret: account.Secrets["appSecret"], clock: wdt.NewClock(w.clock)}
	if err := json.Unmarshal(account.Settings, client); err != nil {
		return nil, fault.New("connection.settings_invalid", "the connection's settings cannot be read").Classed(fault.Config).Because(err)
	}
	if client.Address == "" {
		client.Address = defaultAddress
	}
	client.Address = strings.TrimRight(client.Address, "/")
	client.http = erphttp.New(host, w.clock, client.secret)
	client.http.HideFields("sign")
	return &session{client}, nil
}

// session implements connector.Session, Writer and Prober.
type session struct{ client *client }

// Check implements connector.Session: it asks for one shop.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	one := map[string]string{"page_no": "0", "page_size": "1"}
	got, err := s.client.call(ctx, "shop", one)
	if fault.CodeOf(err) == wdt.CodeClock {
		got, err = s.client.call(ctx, "shop", one) // a check does not count against anything that waits
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
		return connector.Page{}, unknown(req.Operation)
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

// Write implements connector.Writer.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if batch.Operation != tradePush && batch.Operation != stockoutPush {
		return connector.Answers{}, unknown(batch.Operation)
	}
	fields, err := wdt.Fields(batch.Params)
	if err != nil {
		return connector.Answers{}, err
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	if batch.Operation == tradePush {
		return s.pushTrades(ctx, fields, batch.Rows, rows)
	}
	if len(rows) != 1 {
		return connector.Answers{}, fault.New("wangdiantong.one_row", "one stock-out is pushed at a time").Classed(fault.Config).Unapplied()
	}
	return s.pushStockout(ctx, fields, rows[0])
}

// pushTrades pushes orders. A refusal that may be about one of several does not say which, nor
// whether the others were taken: the engine, which may send them twice, finds it.
func (s *session) pushTrades(ctx context.Context, fields map[string]string, list []byte, rows [][]byte) (connector.Answers, error) {
	fields["trade_list"] = string(list)
	got, err := s.client.call(ctx, tradePush, fields)
	switch {
	case err == nil:
		return wdt.Counted(got.body, rows), nil
	case len(rows) == 1 && wdt.AboutARow(err):
		return wdt.Rejected(err), nil
	default:
		return connector.Answers{}, err
	}
}

// pushStockout pushes one stock-out.
func (s *session) pushStockout(ctx context.Context, fields map[string]string, row []byte) (connector.Answers, error) {
	fields["stockout_info"] = string(row)
	got, err := s.client.call(ctx, stockoutPush, fields)
	if wdt.AboutARow(err) {
		return s.knownStockout(ctx, row, wdt.Rejected(err)), nil
	}
	if err != nil {
		return connector.Answers{}, err
	}
	answer := connector.Answer{Outcome: connector.Done, Number: got.body.Field("stockout_no").Text(), Raw: got.body.Raw()}
	if answer.Number == "" {
		answer.Outcome = connector.Unknown // the look-up tells what became of it
	}
	return connector.Answers{Rows: []connector.Answer{answer}, Raw: got.body.Raw()}, nil
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.client.http.Close()
	return nil
}

func unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "旺店通 has no operation %q here", operation).Classed(fault.Config).Unapplied()
}
