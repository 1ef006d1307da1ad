package main

import (
	"context"
	_ "embed"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/jstwire"
	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifestYAML string

// defaultAddress is the vendor's production address.
const defaultAddress = "https://openapi.jushuitan.com"

// endpoint is where an operation is called and where its answer keeps the rows.
type endpoint struct{ path, list string }

// endpointOf knows the paths and list keys of the queries, which differ between interfaces
// (public: the open platform's page of each).
func endpointOf(operation string) (endpoint, bool) {
	switch operation {
	case "orders.single.query":
		return endpoint{"/open/orders/single/query", "orders"}, true
	case "inventory.query":
		return endpoint{"/open/inventory/query", "inventorys"}, true
	case "refund.single.query", "orders.out.simple.query", "aftersale.received.query", "purchasein.query", "other.inout.query",
		"sku.query", "shops.query", "wms.partner.query", "supplier.query", "logisticscompany.query":
		return endpoint{"/open/" + strings.ReplaceAll(operation, ".", "/"), "datas"}, true
	default:
		return endpoint{}, false
	}
}

// jushuitan implements connector.Connector.
type jushuitan struct {
	clock func() time.Time
	// pause waits between two looks at a token that somebody else is refreshing.
	pause func(context.Context) error
}

func newConnector(clock func() time.Time) jushuitan {
	return jushuitan{clock: clock, pause: tokens.Pause}
}

// Manifest implements connector.Connector.
func (jushuitan) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (j jushuitan) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	settings := settings{
		appSecret:    account.Secrets["appSecret"],
		authCode:     account.Secrets["authCode"],
		accessToken:  account.Secrets["accessToken"],
		refreshToken: account.Secrets["refreshToken"],
	}
	if err := account.Read(&settings); err != nil {
		return nil, err
	}
	if settings.Address == "" {
		settings.Address = defaultAddress
	}
	http := erphttp.New(host, j.clock, settings.appSecret, settings.authCode, settings.accessToken, settings.refreshToken)
	http.HideFields("access_token", "refresh_token", "sign")
	client := newClient(settings, http, j.clock)
	return &session{client: client, tokens: j.keeper(settings, client, host)}, nil
}

// settings are a connection's settings and secrets.
type settings struct {
	Address  string `json:"address"`
	AppKey   string `json:"appKey"`
	AuthMode string `json:"authMode"`

	appSecret, authCode, accessToken, refreshToken string
}

// ownApp says that the application is the merchant's own and may ask for a token by itself.
func (s settings) ownApp() bool { return s.AuthMode != "isv" }

// session implements connector.Session.
type session struct {
	client *client
	tokens *tokens.Keeper
}

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	to, ok := endpointOf(req.Operation)
	if !ok {
		return connector.Page{}, fault.New("connector.unknown_operation", "聚水潭 has no operation %q here", req.Operation).Classed(fault.Config)
	}
	biz, counted, err := jstwire.Params(req)
	if err != nil {
		return connector.Page{}, err
	}
	got, err := s.call(ctx, to.path, biz)
	if err != nil {
		return connector.Page{}, err
	}
	return page(got, to.list, counted)
}

// Check implements connector.Session: it asks for one refund of the last second.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	now := s.client.now().In(shanghai())
	biz := `{"page_index":1,"page_size":1,"is_get_total":false,"modified_begin":"` +
		now.Add(-time.Second).Format(time.DateTime) + `","modified_end":"` + now.Format(time.DateTime) + `"}`
	to, _ := endpointOf("refund.single.query")
	got, err := s.call(ctx, to.path, []byte(biz))
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: got.date, Account: "App Key " + s.client.settings.AppKey}, nil
}

// Close implements connector.Session. It waits for a refresh under way, whose
// token would otherwise be lost.
func (s *session) Close(ctx context.Context) error {
	defer s.client.http.Close()
	return s.tokens.Close(ctx)
}

// call makes a business call with a token, and once more with a fresh one when
// the vendor refuses the first.
func (s *session) call(ctx context.Context, path string, biz []byte) (answer, error) {
	grant, err := s.tokens.Get(ctx, "")
	if err != nil {
		return answer{}, err
	}
	got, err := s.client.call(ctx, path, businessForm(grant.Token, biz))
	if !tokenRefused(err) {
		return got, err
	}
	fresh, refreshErr := s.tokens.Get(ctx, grant.Token)
	if refreshErr != nil {
		return answer{}, refreshErr
	}
	return s.client.call(ctx, path, businessForm(fresh.Token, biz))
}

// shanghai is the zone of the vendor's times, which has had no other offset since 1991.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// page reads a page out of an answer. The rows stay the vendor's bytes.
func page(got answer, list string, counted bool) (connector.Page, error) {
	page := connector.Page{Rows: []byte("[]"), Total: -1, SourceTime: got.date}
	rows, count := got.data.Field(list), got.data.Field("data_count")
	total, err := strconv.Atoi(count.Text())
	if counted && err == nil {
		page.Total = total
	}
	switch rows.Kind() {
	case item.Array:
		page.Rows = rows.Raw()
	case item.None, item.Null:
		// The vendor leaves an empty list out; a list that should have rows must not pass for one.
		if page.Total > 0 || got.data.Field("has_next").Text() == "true" {
			return connector.Page{}, unreadable("the answer announces %d rows but holds no %s", total, list)
		}
		page.Warnings = append(page.Warnings, "the answer holds no "+list)
	default:
		return connector.Page{}, unreadable("%s in the answer is not a list", list)
	}
	page.More = more(got.data)
	return page, nil
}

// more tells whether another page follows; has_next is the documented sign, the
// page count stands in for it where a gateway drops it.
func more(data item.Value) bool {
	if next := data.Field("has_next"); !next.Blank() {
		return next.Text() == "true"
	}
	at, err := strconv.Atoi(data.Field("page_index").Text())
	of, err2 := strconv.Atoi(data.Field("page_count").Text())
	return err == nil && err2 == nil && at < of
}

func unreadable(format string, args ...any) *fault.Fault {
	return fault.New("jushuitan.answer_unreadable", format, args...).Classed(fault.Transient)
}
