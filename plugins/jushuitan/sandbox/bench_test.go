package sandbox_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

const (
	refundPath = "/open/refund/single/query"
	orderPath  = "/open/orders/single/query"
	initPath   = "/openWeb/auth/getInitToken"
	codePath   = "/openWeb/auth/accessToken"
	renewPath  = "/openWeb/auth/refreshToken"
)

// bench is a served sandbox with its clock, and a signing caller.
type bench struct {
	t      *testing.T
	vendor *sandbox.Vendor
	clock  *clocktest.Clock
	url    string
}

// start is when every bench begins: 2024-05-01 12:00:00 in Shanghai.
func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

// fast is Defaults without limits.
func fast() sandbox.Options {
	o := sandbox.Defaults()
	o.PerSecond, o.PerMinute = 0, 0
	return o
}

// small is fast with as few refunds as there can be.
func small() sandbox.Options {
	o := fast()
	o.Refunds = 0
	return o
}

func newBench(t *testing.T, o sandbox.Options) *bench {
	t.Helper()
	b := &bench{t: t, clock: clocktest.New(start())}
	b.vendor = sandbox.New(b.clock.Now, o)
	server := httptest.NewServer(sandboxkit.New(b.vendor, b.clock.Now))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

type form = map[string]string

// signed completes and signs a form; a value given as "-" leaves the field out.
func (b *bench) signed(fields form) form {
	full := form{"app_key": sandbox.AppKey, "timestamp": strconv.FormatInt(b.clock.Now().Unix(), 10), "charset": "utf-8"}
	maps.Copy(full, fields)
	for name, value := range full {
		if value == "-" {
			delete(full, name)
		}
	}
	if full["sign"] == "" && fields["sign"] != "-" {
		full["sign"] = sandbox.Signature(sandbox.AppSecret, full)
	}
	return full
}

func encode(fields form) string {
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, value)
	}
	return values.Encode()
}

type reply struct {
	Code int             `json:"code"`
	Msg  string          `json:"msg"`
	Data json.RawMessage `json:"data"`
}

// exchange sends anything and gives the answer's status and body.
func (b *bench) exchange(method, path, contentType, body string) (int, []byte) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, raw
}

func (b *bench) send(method, path, contentType, body string) reply {
	b.t.Helper()
	status, raw := b.exchange(method, path, contentType, body)
	if status != http.StatusOK {
		b.t.Fatalf("HTTP %d: the vendor always answers 200", status)
	}
	var got reply
	if err := json.Unmarshal(raw, &got); err != nil {
		b.t.Fatalf("%v in %s", err, raw)
	}
	return got
}

func (b *bench) post(path string, fields form) reply {
	b.t.Helper()
	return b.send(http.MethodPost, path, "application/x-www-form-urlencoded;charset=UTF-8", encode(b.signed(fields)))
}

type grant struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int    `json:"expires_in"`
	Scope     string `json:"scope"`
}

func (b *bench) grant(path string, fields form) grant {
	b.t.Helper()
	got := b.post(path, fields)
	if got.Code != 0 {
		b.t.Fatalf("%s refused: %d %s", path, got.Code, got.Msg)
	}
	var g grant
	if err := json.Unmarshal(got.Data, &g); err != nil {
		b.t.Fatal(err)
	}
	return g
}

func (b *bench) token() string {
	b.t.Helper()
	return b.grant(initPath, form{"grant_type": "authorization_code", "code": "abc123"}).Access
}

type page struct {
	Index  int               `json:"page_index"`
	Size   int               `json:"page_size"`
	Count  int               `json:"data_count"`
	Pages  int               `json:"page_count"`
	Next   bool              `json:"has_next"`
	Datas  []json.RawMessage `json:"datas"`
	Orders []json.RawMessage `json:"orders"`
}

func (b *bench) query(path, token, biz string) reply {
	b.t.Helper()
	return b.post(path, form{"access_token": token, "version": "2", "biz": biz})
}

func (b *bench) page(path, token, biz string) page {
	b.t.Helper()
	got := b.query(path, token, biz)
	if got.Code != 0 {
		b.t.Fatalf("refused: %d %s for %s", got.Code, got.Msg, biz)
	}
	var p page
	if err := json.Unmarshal(got.Data, &p); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// span writes the parameters of a window that ends ago before the start.
func span(from, to time.Duration) string {
	zone := time.FixedZone("", 8*60*60)
	return `"modified_begin":"` + start().Add(-from).In(zone).Format(time.DateTime) +
		`","modified_end":"` + start().Add(-to).In(zone).Format(time.DateTime) + `"`
}

const day = 24 * time.Hour

type row struct {
	ID       int64           `json:"as_id"`
	OrderID  int64           `json:"o_id"`
	OnlineID string          `json:"so_id"`
	Modified string          `json:"modified"`
	Created  string          `json:"created"`
	Status   string          `json:"status"`
	Confirm  json.RawMessage `json:"confirm_date"`
	Remark   string          `json:"remark"`
	Refund   json.Number     `json:"refund"`
	TS       string          `json:"ts"`
	ShopID   int             `json:"shop_id"`
	Mobile   string          `json:"receiver_mobile"`
	Items    []struct {
		SKU      string      `json:"sku_id"`
		Quantity int         `json:"qty"`
		Received int         `json:"r_qty"`
		Price    json.Number `json:"price"`
		Amount   json.Number `json:"amount"`
	} `json:"items"`
}

func rowsOf(t *testing.T, raw []json.RawMessage) []row {
	t.Helper()
	rows := make([]row, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &rows[i]); err != nil {
			t.Fatalf("%v in %s", err, raw[i])
		}
	}
	return rows
}
