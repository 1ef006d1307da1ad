// Package sandbox simulates 管易云 C-ERP's interface: one address, calls signed as the JSON text
// that they are, orders and deliveries by ranges of time.
//
// It may import the standard library, plugins/internal/boxkit, sdk/item and sdk/sandboxkit only.
package sandbox

import (
	"bytes"
	"cmp"
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
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
	AppKey     = "sandbox-app"
	SessionKey = "sandbox-session-0001"
	Secret     = "sandbox-secret-0001"
)

// Options are facts of the vendor that are not confirmed, and limits that tests switch off.
type Options struct {
	// MostRows is the largest page, SpanHours the longest range; public clients use as much.
	MostRows  int `json:"mostRows"`
	SpanHours int `json:"spanHours"`
	// PerMinute is how many calls a minute are taken; none is documented. 0 is any number.
	PerMinute int `json:"perMinute"`
	// BadSign, BadApp and BadParam are codes of refusals that are not documented; that of a bad
	// session key is.
	BadSign  string `json:"badSign"`
	BadApp   string `json:"badApp"`
	BadParam string `json:"badParam"`
	// LeaveOut has the list left out where there is nothing in it.
	LeaveOut bool `json:"leaveOut"`
	// Touch changes an order's content, by its number.
	Touch string `json:"touch"`
}

// Defaults are the options as far as they are known.
func Defaults() Options {
	return Options{MostRows: 100, SpanHours: 24, BadSign: "ErrorSign", BadApp: "ErrorAppKey", BadParam: "ErrorParam"}
}

// Vendor is the simulated system.
type Vendor struct{ *boxkit.Box[Options] }

// New makes the system with its data.
func New(clock sandboxkit.Clock, options Options) *Vendor {
	return &Vendor{boxkit.NewBox(clock, options, generate)}
}

// Credentials implements sandboxkit.Vendor.
func (*Vendor) Credentials() map[string]string {
	return map[string]string{"appKey": AppKey, "sessionKey": SessionKey, "secret": Secret}
}

// Set implements sandboxkit.Vendor.
func (v *Vendor) Set(name string, value json.RawMessage) error {
	return v.Change(name, value, func(next *Options) error {
		key := next.Touch
		next.Touch = ""
		if key == "" {
			return nil
		}
		return boxkit.Touch(v.Lists["orders"], key, "modifytime", v.Clock()) // it keeps its place
	})
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler { return http.HandlerFunc(v.serve) }

type refusal struct{ kind, code, words string }

func (v *Vendor) refuse(format string, args ...any) *refusal {
	return &refusal{"Base Param error", v.Options.BadParam, fmt.Sprintf(format, args...)}
}

// serve answers a call, always with the status 200.
func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return
	}
	v.Lock()
	defer v.Unlock()
	call := item.Of(body)
	method := call.Field("method").Text()
	answer := map[string]any{"success": true, "errorCode": "", "subErrorCode": "", "errorDesc": "", "subErrorDesc": "", "requestMethod": method}
	no := v.admit(r, body)
	if no == nil {
		no = v.fill(answer, method, call)
	}
	if no != nil {
		v.Refused(no.code)
		answer["success"], answer["errorCode"], answer["subErrorCode"], answer["errorDesc"], answer["subErrorDesc"] = false, no.kind, no.code, no.kind, no.words
	}
	boxkit.Answer(w, answer)
}

// admit lets a caller in.
func (v *Vendor) admit(r *http.Request, body []byte) *refusal {
	call := item.Of(body)
	switch {
	case r.Method != http.MethodPost || item.Check(body) != nil || call.Kind() != item.Object:
		return v.refuse("请求不是 JSON 对象")
	case call.Field("appkey").Text() != AppKey:
		return &refusal{"Base Param error", v.Options.BadApp, "appkey 不存在"}
	case call.Field("sessionkey").Text() != SessionKey:
		return &refusal{"Base Param error", "ErrorSessionKey", "sessionkey 不存在"}
	case call.Field("sign").Text() != Sign(Secret, body):
		return &refusal{"Base Param error", v.Options.BadSign, "签名错误"}
	case !v.Pace.Takes("", v.Clock(), v.Options.PerMinute, time.Minute):
		return &refusal{"Limit", "Limit", "调用过于频繁，请稍后再试"}
	}
	return nil
}

// Sign signs a call: MD5 over its JSON text without the signature, between the secret and the
// secret, in capitals (the vendor's article; public clients agree). The member sign is cut out
// of the text as it was sent.
func Sign(secret string, call []byte) string {
	text := bytes.TrimSpace(call)
	text = regexp.MustCompile(`,"sign":"[0-9A-Za-z]*"`).ReplaceAll(text, nil)
	text = regexp.MustCompile(`^\{"sign":"[0-9A-Za-z]*",?`).ReplaceAll(text, []byte("{"))
	sum := md5.Sum(slices.Concat([]byte(secret), text, []byte(secret))) //nolint:gosec // the vendor's signature is MD5
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// lists gives the name of the list that a method answers with.
func lists() map[string]string {
	return map[string]string{
		"gy.erp.trade.get": "orders", "gy.erp.trade.deliverys.get": deliveries, "gy.erp.items.get": "items",
		"gy.erp.shop.get": "shops", "gy.erp.warehouse.get": "warehouses",
	}
}

// number gives a parameter that is one, -1 for one that is none.
func number(call item.Value, name, usual string) int {
	n, err := strconv.Atoi(cmp.Or(call.Field(name).Text(), usual))
	if err != nil {
		return -1
	}
	return n
}

// fill puts the rows into an answer.
func (v *Vendor) fill(answer map[string]any, method string, call item.Value) *refusal {
	name, known := lists()[method]
	if !known {
		return v.refuse("method %s 不存在或未授权", method)
	}
	no, size := number(call, "page_no", "1"), number(call, "page_size", "10")
	if no < 1 || size < 1 || size > v.Options.MostRows {
		return v.refuse("page_no 从 1 开始，page_size 最大 %d", v.Options.MostRows)
	}
	rows, refused := v.timely(name, matching(v.Lists[name], call), call)
	if refused != nil {
		return refused
	}
	cut := boxkit.Cut(rows, (no-1)*size, size)
	answer["total"] = len(rows)
	if len(cut) > 0 || !v.Options.LeaveOut {
		answer[name] = boxkit.Raw(cut)
	}
	return nil
}

// matching gives the records that have the values that are asked for.
func matching(records []boxkit.Record, call item.Value) []boxkit.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r boxkit.Record) bool {
		if want := call.Field("outer_code"); !want.Blank() && want.Text() != r.Field("platform_code") { // deliveries call it so
			return true
		}
		return slices.ContainsFunc([]string{"code", "platform_code", "shop_code", "warehouse_code", "vip_name", "receiver_mobile", "mail_no", "delivery"}, func(field string) bool {
			want := call.Field(field)
			return !want.Blank() && want.Text() != r.Field(field)
		})
	})
}

// timely gives the rows in the ranges of time that are asked for.
func (v *Vendor) timely(name string, rows []boxkit.Record, call item.Value) ([]boxkit.Record, *refusal) {
	var ranges [][3]string
	switch name {
	case "orders":
		field := map[string]string{"": "createtime", "0": "createtime", "1": "dealtime", "2": "paytime"}[call.Field("date_type").Text()]
		if field == "" {
			return nil, v.refuse("date_type 不正确")
		}
		ranges = [][3]string{{"start_date", "end_date", field}}
	case deliveries:
		ranges = [][3]string{{"start_create", "end_create", "create_date"}, {"start_delivery_date", "end_delivery_date", "delivery_date"}}
	}
	for _, r := range ranges {
		var no *refusal
		if rows, no = v.within(rows, call.Field(r[0]).Text(), call.Field(r[1]).Text(), r[2]); no != nil {
			return nil, no
		}
	}
	return rows, nil
}

// within gives the rows whose field lies in a range, both ends included.
func (v *Vendor) within(rows []boxkit.Record, from, to, field string) ([]boxkit.Record, *refusal) {
	if from == "" && to == "" {
		return rows, nil
	}
	start, err := time.ParseInLocation(time.DateTime, from, boxkit.Zone())
	end, endErr := time.ParseInLocation(time.DateTime, to, boxkit.Zone())
	switch {
	case err != nil || endErr != nil:
		return nil, v.refuse("时间格式错误：%s ~ %s", from, to)
	case end.Sub(start) > time.Duration(v.Options.SpanHours)*time.Hour:
		return nil, v.refuse("时间跨度不能超过%d小时", v.Options.SpanHours)
	}
	return slices.DeleteFunc(rows, func(r boxkit.Record) bool { // times so written sort as they follow each other
		return r.Field(field) < from || r.Field(field) > to
	}), nil
}
