package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/plugins/wangdiantong/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// start is when every sandbox begins: 2024-05-01 12:00:00 in Shanghai.
func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

// bench is a connection to a served sandbox.
type bench struct {
	t      *testing.T
	clock  *clocktest.Clock
	vendor *sandbox.Vendor
	kit    *sandboxkit.Kit
	url    string
	host   *connectortest.Host
	calls  *connectortest.Recorder
}

// fast is the sandbox without limits.
func fast() wdtbox.Options {
	o := wdtbox.Defaults()
	o.PerMinute = 0
	return o
}

func newBench(t *testing.T, o wdtbox.Options) *bench {
	t.Helper()
	b := &bench{t: t, clock: clocktest.New(start())}
	b.host = connectortest.NewHost(b.clock.Now)
	b.vendor = sandbox.New(b.clock.Now, o)
	b.kit = sandboxkit.New(b.vendor, b.clock.Now)
	b.calls = connectortest.NewRecorder(b.kit)
	server := httptest.NewServer(b.calls)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// sent gives the forms of the calls to an interface.
func (b *bench) sent(name string) (list []url.Values) {
	for _, call := range b.calls.Calls() {
		if call.Path == "/"+name+".php" {
			list = append(list, call.Form)
		}
	}
	return list
}

// open makes a session that the test closes at its end; change replaces settings and secrets.
func (b *bench) open(change map[string]string) *session {
	b.t.Helper()
	all := b.vendor.Credentials()
	all["address"] = b.url + "/"
	maps.Copy(all, change)
	return connectortest.Open(b.t, newConnector(b.clock.Now), b.host, all).(*session)
}

// played is a session before a vendor that the test plays.
func played(t *testing.T, vendor http.HandlerFunc) *session {
	t.Helper()
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	clock := clocktest.New(start())
	return connectortest.Open(t, newConnector(clock.Now), connectortest.NewHost(clock.Now), map[string]string{"address": server.URL, "sid": "s", "appKey": "k", "appSecret": "x"}).(*session)
}

// says answers every call alike.
func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func (b *bench) control(body string) { connectortest.Control(b.t, b.kit, body) }

func (b *bench) set(values string) { b.control(`{"set":` + values + `}`) }

// lose has the next call to an interface carried out and its answer lost.
func (b *bench) lose(name string) {
	b.control(`{"faults":[{"path":"/` + name + `.php","kind":"lost_answer","times":1}]}`)
}

// count tells how many objects of a kind have a value.
func (b *bench) count(kind, path, value string) (n int) {
	b.t.Helper()
	objects, ok := b.vendor.Objects(kind)
	if !ok {
		b.t.Fatalf("no objects %s", kind)
	}
	for _, o := range objects {
		if item.Of(o).Field(path).Text() == value {
			n++
		}
	}
	return n
}

// between writes a range of time before the start, and a page.
func between(from, to time.Duration, page connector.PageRef, more string) []byte {
	return within(page, start().Add(-from), start().Add(-to), more)
}

func within(page connector.PageRef, from, to time.Time, more string) []byte {
	zone := time.FixedZone("", 8*60*60)
	return fmt.Appendf(nil, `{"start_time":%q,"end_time":%q,"page_no":%d,"page_size":%d%s}`,
		from.In(zone).Format(time.DateTime), to.In(zone).Format(time.DateTime), page.Number, page.Size, more)
}

func parsed(t *testing.T) *manifest.Manifest { return connectortest.Manifest(t, []byte(manifestYAML)) }

// refused wants an error with a code, of the class that the manifest's rules give it.
func refused(t *testing.T, operation string, err error, code string, class fault.Class) *fault.Fault {
	t.Helper()
	return connectortest.Refused(t, []byte(manifestYAML), operation, err, code, class)
}

// order makes an order to push.
func order(n int) ([]byte, string) {
	tid := fmt.Sprintf("KZ%05d", n)
	return fmt.Appendf(nil, `{"tid":%[1]q,"trade_status":30,"pay_status":2,"delivery_term":1,"trade_time":"2024-05-01 10:00:00","pay_time":"2024-05-01 10:01:00",
		"buyer_nick":"buyer-%[2]d","receiver_name":"张样","receiver_province":"浙江省","receiver_city":"杭州市","receiver_district":"西湖区",
		"receiver_address":"示范街1号","receiver_mobile":"13800000001","post_amount":"8.0000","cod_amount":"0","ext_cod_fee":"0","other_amount":"0","paid":"198.0000",
		"order_list":[{"oid":"%[1]s-1","num":"2.0000","price":"100.0000","status":30,"refund_status":0,"goods_id":"G002","spec_no":"SKU-0005","goods_name":"测试😀",
		"adjust_amount":"0","discount":"0","share_discount":"10.0000"}]}`, tid, n), tid
}

// stockout makes a stock-out to push.
func stockout(n int, more string) ([]byte, string) {
	outer := fmt.Sprintf("XSCKD%06d-CK001", n)
	return fmt.Appendf(nil, `{"outer_no":%q,"is_check":1,"warehouse_no":"CK001","remark":"金蝶销售出库😀"%s,"detail_list":[{"spec_no":"SKU-0005","num":"2.0000","price":"12345678901234567.8900"},{"spec_no":"SKU-0007","num":3}]}`, outer, more), outer
}

func batch(operation, params string, keys []string, rows ...string) connector.Batch {
	return connector.Batch{Operation: operation, Mode: connector.Create, Params: []byte(params), Rows: []byte("[" + strings.Join(rows, ",") + "]"), Keys: keys}
}

// undeclared gives the fields of a row that its operation does not declare.
func undeclared(o *manifest.Operation, row []byte) (names []string) {
	for name, value := range item.Of(row).Fields() {
		if field.Find(o.Response, name) == nil {
			names = append(names, name)
		}
		for line := range value.Elements() {
			for child := range line.Fields() {
				if field.Find(o.Response, name+"."+child) == nil && !strings.Contains(strings.Join(names, " "), name+"."+child) {
					names = append(names, name+"."+child)
				}
			}
		}
	}
	return names
}
