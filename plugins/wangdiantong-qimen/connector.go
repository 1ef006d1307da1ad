package main

import (
	"cmp"
	"context"
	_ "embed"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
)

//go:embed manifest.yaml
var manifestYAML string

// The vendor's production gateway and its own key there.
const (
	defaultAddress = "http://hu3cgwt0tc.api.taobao.com/router/qm"
	defaultTarget  = "21363512"
)

// shops is the query of shops.
const shops = "wdt.shop.query"

// lists are the queries (public: the pages of the interfaces behind the gateway).
func lists() map[string]wdt.List {
	return map[string]wdt.List{
		"wdt.trade.query":                {Name: "trades"},
		"wdt.stockout.order.query.trade": {Name: "stockout_list"},
		"wdt.goods.query":                {Name: "goods_list"},
		shops:                            {Name: "shoplist"},
		"wdt.warehouse.query":            {Name: "warehouses"},
		"wdt.logistics.query":            {Name: "logistics_list", Whole: true},
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
	if err := account.Read(client); err != nil {
		return nil, err
	}
	client.Address, client.Target = cmp.Or(client.Address, defaultAddress), cmp.Or(client.Target, defaultTarget)
	client.Method = cmp.Or(client.Method, md5Method)
	client.http = erphttp.New(host, q.clock, client.secret, client.session)
	client.http.HideFields("sign", "session")
	return &session{wdt.Reads{Call: client.call, Lists: lists(), Shops: shops, Sid: client.Sid}, client}, nil
}

// session implements connector.Session.
type session struct {
	wdt.Reads

	client *client
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.client.http.Close()
	return nil
}
