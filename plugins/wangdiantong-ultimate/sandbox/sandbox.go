// Package sandbox simulates 旺店通·旗舰版's interface: calls signed over query and body, moments
// counted from 2012, orders by ranges of an hour, and other stock-out orders pushed.
//
// It may import the standard library, plugins/internal/boxkit, sdk/item and sdk/sandboxkit only.
package sandbox

import (
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/boxkit"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The account of the simulation, invented.
const (
	Sid       = "sandbox-sid"
	AppKey    = "sandbox-ultimate"
	Secret    = "0123456789abcdef0123456789abcdef"
	Salt      = "fedcba9876543210fedcba9876543210"
	AppSecret = Secret + ":" + Salt
)

// epoch is when the vendor's moments begin: 2012-01-01 in Shanghai.
const epoch = 1325347200

// Options are facts of the vendor that are not confirmed, and limits that tests switch off.
type Options struct {
	// PerMinute is how many calls a minute an account has, of each method; 0 is any number. The
	// vendor agrees on it with each customer.
	PerMinute int `json:"perMinute"`
	// ClockSeconds is how far a moment may be off.
	ClockSeconds int `json:"clockSeconds"`
	// MostRows is the largest page; the vendor advises 200 and does not tell where it refuses.
	MostRows int `json:"mostRows"`
	// RefuseWith has every call of a caller that is let in refused with this code, 4, 5 and 99
	// for example, which tell of failures inside the system, or 3 and 6, of its safeguards.
	RefuseWith int `json:"refuseWith"`
	// Nameless leaves outer_no out of the answer to a push; not every page of the vendor has it.
	Nameless bool `json:"nameless"`
	// Touch changes an order now, by its number.
	Touch string `json:"touch"`
}

// Defaults are the options as far as they are known.
func Defaults() Options { return Options{PerMinute: 60, ClockSeconds: 120, MostRows: 200} }

// Vendor is the simulated system.
type Vendor struct{ *boxkit.Box[Options] }

// New makes the system with its data.
func New(clock sandboxkit.Clock, options Options) *Vendor {
	return &Vendor{boxkit.NewBox(clock, options, generate)}
}

// Credentials implements sandboxkit.Vendor.
func (*Vendor) Credentials() map[string]string {
	return map[string]string{"sid": Sid, "appKey": AppKey, "appSecret": AppSecret}
}

// Set implements sandboxkit.Vendor.
func (v *Vendor) Set(name string, value json.RawMessage) error {
	return v.Change(name, value, func(next *Options) error {
		key := next.Touch
		next.Touch = ""
		return v.Touch("trade", key, "modified")
	})
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler { return http.HandlerFunc(v.serve) }

// refusal is an answer of the vendor that is none.
type refusal struct {
	status  int
	message string
}

func refuse(format string, args ...any) *refusal {
	return &refusal{100, fmt.Sprintf(format, args...)}
}

// serve answers a call, always with the status 200.
func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
	if err != nil {
		return
	}
	v.Lock()
	answer, no := v.answer(r, string(body))
	if no != nil {
		v.Refused(strconv.Itoa(no.status))
	}
	v.Unlock()
	if no != nil {
		boxkit.Answer(w, map[string]any{"status": no.status, "message": no.message})
		return
	}
	boxkit.Answer(w, map[string]any{"status": 0, "data": answer})
}

// answer answers a call. The caller holds mu.
func (v *Vendor) answer(r *http.Request, body string) (any, *refusal) {
	query := r.URL.Query()
	if no := v.admit(r, query, body); no != nil {
		return nil, no
	}
	if v.Options.RefuseWith != 0 {
		return nil, &refusal{v.Options.RefuseWith, "sandbox"}
	}
	method := query.Get("method")
	if !v.Pace.Takes(method, v.Clock(), v.Options.PerMinute, time.Minute) {
		return nil, refuse("超过每分钟最大调用频率限制，请稍后重试")
	}
	raw := []byte(body)
	if item.Check(raw) != nil || item.Of(raw).Kind() != item.Array {
		return nil, &refusal{1, "参数错误"}
	}
	var args []item.Value
	for e := range item.Of(raw).Elements() {
		args = append(args, e)
	}
	want := map[string]int{"sales.TradeQuery.queryWithDetail": 1, "setting.Shop.queryShop": 1, "setting.Warehouse.queryWarehouse": 1, "wms.stockother.Out.push": 2}
	n, known := want[method]
	switch {
	case !known:
		return nil, refuse("权限不足")
	case n != len(args):
		return nil, &refusal{1, "invalid argument count"}
	case n == 2:
		return v.push(args[0], args[1])
	}
	return v.page(method, query, args[0])
}

// admit lets a caller in.
func (v *Vendor) admit(r *http.Request, query url.Values, body string) *refusal {
	moment, err := strconv.ParseInt(query.Get("timestamp"), 10, 64)
	switch {
	case r.Method != http.MethodPost:
		return &refusal{1, "参数错误"}
	case query.Get("sid") != Sid:
		return &refusal{1, "sid is not exists"}
	case query.Get("key") != AppKey || query.Get("salt") != Salt:
		return &refusal{1, "app auth fail"}
	case query.Get("v") != "1.0":
		return &refusal{8, "版本错误"}
	case err != nil:
		return &refusal{1, fmt.Sprintf("For input string: %q", query.Get("timestamp"))}
	case v.Clock().Sub(time.Unix(moment+epoch, 0)).Abs() > time.Duration(v.Options.ClockSeconds)*time.Second:
		return &refusal{7, "时间戳错误"}
	}
	signed := map[string]string{"body": body}
	for name := range query {
		if name != "sign" {
			signed[name] = query.Get(name)
		}
	}
	if query.Get("sign") != Sign(Secret, signed) {
		return &refusal{1, "验证失败"}
	}
	return nil
}

// Sign signs parameters and body: MD5 over names and values in the order of the names, between
// the secret and the secret (public: the vendor's page of the algorithm and its example).
func Sign(secret string, fields map[string]string) string {
	parts := []string{secret}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, name, fields[name])
	}
	sum := md5.Sum([]byte(strings.Join(append(parts, secret), ""))) //nolint:gosec // the vendor's signature is MD5
	return hex.EncodeToString(sum[:])
}

// page answers a query.
func (v *Vendor) page(method string, query url.Values, params item.Value) (any, *refusal) {
	no, noErr := strconv.Atoi(query.Get("page_no"))
	size, sizeErr := strconv.Atoi(query.Get("page_size"))
	if noErr != nil || sizeErr != nil {
		return nil, refuse("此方法仅支持分页查询：%s", method)
	}
	if no < 0 || size < 1 || size > v.Options.MostRows {
		return nil, refuse("page_size must be less than or equal to %d", v.Options.MostRows)
	}
	name := "details"
	var rows []boxkit.Record
	var refused *refusal
	switch method {
	case "sales.TradeQuery.queryWithDetail":
		name = "order"
		rows, refused = v.find(params)
	case "setting.Shop.queryShop":
		rows = matching(v.Lists["shop"], params, "shop_no", "platform_id")
	default:
		rows = matching(v.Lists["warehouse"], params, "warehouse_no")
		if hide := params.Field("hide_delete").Text(); hide != "0" {
			rows = slices.DeleteFunc(rows, func(r boxkit.Record) bool { return r.Field("is_disabled") == "true" })
		}
	}
	if refused != nil {
		return nil, refused
	}
	answer := map[string]any{name: boxkit.Raw(boxkit.Cut(rows, no*size, size))}
	if query.Get("calc_total") == "1" {
		answer["total_count"] = len(rows)
	}
	return answer, nil
}

// matching gives the records that have the values that are asked for.
func matching(records []boxkit.Record, params item.Value, names ...string) []boxkit.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r boxkit.Record) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			want := params.Field(name)
			return !want.Blank() && !slices.Contains(strings.Split(want.Text(), ","), r.Field(name))
		})
	})
}

// find looks orders up.
func (v *Vendor) find(params item.Value) ([]boxkit.Record, *refusal) {
	rows := matching(v.Lists["trade"], params, "trade_no", "shop_no", "warehouse_no", "trade_from", "logistics_no")
	rows = slices.DeleteFunc(rows, func(r boxkit.Record) bool {
		src, status := params.Field("src_tid").Text(), params.Field("status").Text()
		return src != "" && !slices.Contains(strings.Split(src, ","), r.Field("src_tids")) ||
			status != "" && !slices.Contains(strings.Split(status, ","), r.Field("trade_status"))
	})
	for _, name := range []string{"trade_no", "src_tid", "logistics_no"} {
		if !params.Field(name).Blank() {
			return rows, nil
		}
	}
	if params.Field("start_time").Blank() || params.Field("end_time").Blank() {
		return nil, refuse("参数中必须包含起止时间")
	}
	from, err := read(params.Field("start_time").Text())
	if err != nil {
		return nil, refuse("Unparseable date: %q", params.Field("start_time").Text())
	}
	to, err := read(params.Field("end_time").Text())
	if err != nil {
		return nil, refuse("Unparseable date: %q", params.Field("end_time").Text())
	}
	if to.Sub(from) > time.Hour {
		return nil, refuse("您的查询时间过宽,查询时间不能大于60分钟")
	}
	times := map[string]func(r boxkit.Record) time.Time{
		"": changed, "1": changed,
		"2": func(r boxkit.Record) time.Time { at, _ := read(r.Field("pay_time")); return at }, // generated, and so one
		"3": func(r boxkit.Record) time.Time { return millis(r.Field("trade_time")) },
	}
	at, known := times[params.Field("time_type").Text()]
	if !known {
		return nil, refuse("time_type不合法")
	}
	return slices.DeleteFunc(rows, func(r boxkit.Record) bool { return at(r).Before(from) || at(r).After(to) }), nil
}
