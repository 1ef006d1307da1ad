package main

import (
	"context"
	_ "embed"
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

// lists are the queries (public: the open platform's pages of each).
func lists() map[string]wdt.List {
	return map[string]wdt.List{
		"trade_query":                {Name: "trades"},
		"stockout_order_query_trade": {Name: "stockout_list"},
		"stockout_order_query":       {Name: "stockout_list"},
		"goods_query":                {Name: "goods_list"},
		"shop":                       {Name: "shoplist"},
		"warehouse_query":            {Name: "warehouses"},
		"logistics":                  {Name: "logistics_list", Whole: true},
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
	if err := account.Read(client); err != nil {
		return nil, err
	}
	if client.Address == "" {
		client.Address = defaultAddress
	}
	client.Address = strings.TrimRight(client.Address, "/")
	client.http = erphttp.New(host, w.clock, client.secret)
	client.http.HideFields("sign")
	return &session{wdt.Reads{Call: client.call, Lists: lists(), Shops: "shop", Sid: client.Sid}, client}, nil
}

// session implements connector.Session, Writer and Prober.
type session struct {
	wdt.Reads

	client *client
}

// Write implements connector.Writer.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if batch.Operation != tradePush && batch.Operation != stockoutPush {
		return connector.Answers{}, wdt.Unknown(batch.Operation)
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
		return wdt.Counted(got.Body, rows), nil
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
	answer := connector.Answer{Outcome: connector.Done, Number: got.Body.Field("stockout_no").Text(), Raw: got.Body.Raw()}
	if answer.Number == "" {
		answer.Outcome = connector.Unknown // the look-up tells what became of it
	}
	return connector.Answers{Rows: []connector.Answer{answer}, Raw: got.Body.Raw()}, nil
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.client.http.Close()
	return nil
}
