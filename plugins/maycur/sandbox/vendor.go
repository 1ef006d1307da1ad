// Package sandbox simulates 每刻's open interface: log-ins and tokens that end, paid and
// waiting payments, forms, people, suppliers and imported fees. It knows nothing of the
// connector, so that a mistake there is not repeated here. What no public source tells is a
// setting.
//
// It may import the standard library, sdk/item and sdk/sandboxkit only.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The invented application that every sandbox knows.
const (
	AppCode   = "UI000000TEST001"
	AppSecret = "sbxSecret" // works in a sandbox only
	EntCode   = "E1700000SBX"
)

var _ sandboxkit.Vendor = (*Vendor)(nil)

// Vendor is the simulated system. It is safe for concurrent use.
type Vendor struct {
	clock sandboxkit.Clock

	mu       sync.Mutex
	o        options
	data     data
	tokens   map[string]time.Time
	logins   int
	lastIn   time.Time
	calls    []time.Time
	refusals int
}

// options are the settings, under their names in Set.
type options struct {
	// TokenSeconds is the life of tokens; 30 minutes are documented. OldTokensDie ends those
	// before when a new one is given (not documented).
	TokenSeconds int  `json:"tokenSeconds"`
	OldTokensDie bool `json:"oldTokensDie"`
	// LoginSeconds is how long to wait between two log-ins; 0 is any. That frequent ones are
	// blocked is documented, the time is not.
	LoginSeconds int `json:"loginSeconds"`
	// ExpiredAs is how a token that ended is refused: "nack" or "401" (not documented).
	ExpiredAs string `json:"expiredAs"`
	// PageNum is "page" or "offset", and RowsAt "data" or "data.list" (both not documented).
	PageNum string `json:"pageNum"`
	RowsAt  string `json:"rowsAt"`
	// EndBelongs says whether the end of a range of payments and forms belongs to it (not documented).
	EndBelongs bool `json:"endBelongs"`
	// PaymentNo is the member that paymentNo selects by: "paymentBizCode" or
	// "payeeTargetBusinessCode" (not documented).
	PaymentNo string `json:"paymentNo"`
	// MostRows is the largest page, ClockSeconds how far a timestamp may be off and PerSecond
	// the calls in a second; 0 is any. None is documented.
	MostRows     int `json:"mostRows"`
	ClockSeconds int `json:"clockSeconds"`
	PerSecond    int `json:"perSecond"`
	// StateOnce refuses to set a state that a transaction has already (not documented).
	StateOnce bool `json:"stateOnce"`
	// Atomic says that one bad row of a list takes the others along; else those before it are
	// kept (not documented).
	Atomic bool `json:"atomic"`
}

func defaults() options {
	return options{
		TokenSeconds: 1800, ExpiredAs: "nack", PageNum: "page", RowsAt: "data", EndBelongs: true,
		PaymentNo: "paymentBizCode", MostRows: 100, Atomic: true,
	}
}

// New makes a Vendor whose data lies in the 30 days before the clock's time.
func New(clock sandboxkit.Clock) *Vendor {
	v := &Vendor{clock: clock}
	v.Reset()
	return v
}

// Reset implements sandboxkit.Vendor.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.o, v.data = defaults(), generate(v.clock())
	v.tokens, v.logins, v.lastIn, v.calls, v.refusals = map[string]time.Time{}, 0, time.Time{}, nil, 0
}

// Credentials implements sandboxkit.Vendor.
func (v *Vendor) Credentials() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return map[string]string{"appCode": AppCode, "appSecret": AppSecret, "pageNum": v.o.PageNum, "rowsPath": v.o.RowsAt}
}

// State implements sandboxkit.Vendor.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := &v.data
	return map[string]any{
		"objects": map[string]int{
			"payment": len(d.payments), "transaction": len(d.transactions), "form": len(d.forms), "subsidiary": len(d.subsidiaries),
			"department": len(d.departments), "employee": len(d.employees), "supplier": len(d.suppliers), "expense": len(d.expenses),
		},
		"logins": v.logins, "refusals": v.refusals, "settings": v.o,
	}
}

// Objects implements sandboxkit.Vendor.
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	list, ok := v.data.of(kind)
	if !ok {
		return nil, false
	}
	raws := make([]json.RawMessage, len(*list))
	for i, r := range *list {
		raws[i] = r.raw
	}
	return raws, true
}

// Set implements sandboxkit.Vendor: every option, and the actions expireTokens (all tokens end
// now), and touch (the account of a payment with this paymentBizCode is corrected).
func (v *Vendor) Set(name string, value json.RawMessage) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch name {
	case "expireTokens":
		clear(v.tokens)
		return nil
	case "touch":
		return v.data.touch(item.Of(value).Text())
	}
	changed, err := sandboxkit.With(v.o, name, value)
	if err != nil {
		return err
	}
	v.o = changed
	return nil
}

// refusal is the vendor's no; status is 0 for its usual 200.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

func refuse(format string, args ...any) error { return &refusal{0, fmt.Sprintf(format, args...)} }

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			return
		}
		v.mu.Lock()
		answer, err := v.serve(r, body)
		if err != nil {
			v.refusals++
		}
		v.mu.Unlock()
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		if no, ok := errors.AsType[*refusal](err); ok {
			if no.status != 0 {
				w.WriteHeader(no.status)
			}
			answer = append(item.AppendText([]byte(`{"code":"NACK","message":`), no.message), `,"data":null}`...)
		}
		_, _ = w.Write(answer) // a client that has gone cannot be told
	})
}

// ack is the answer of most calls.
func ack(data []byte) []byte {
	return append(append([]byte(`{"code":"ACK","message":"","data":`), data...), '}')
}

func (v *Vendor) serve(r *http.Request, body []byte) ([]byte, error) {
	path, ok := strings.CutPrefix(r.URL.Path, "/api/openapi/")
	if !ok {
		return nil, refuse("接口不存在")
	}
	request := item.Of(body)
	if len(body) > 0 && item.Check(body) != nil {
		return nil, refuse("参数错误：不是有效的 JSON")
	}
	if path == "auth/login" {
		return v.login(request)
	}
	if err := v.admit(r); err != nil {
		return nil, err
	}
	return v.dispatch(r, path, request)
}

func (v *Vendor) dispatch(r *http.Request, path string, request item.Value) ([]byte, error) {
	data := request.Field("data")
	if code, ok := strings.CutPrefix(path, "form/reimburse/"); ok && r.Method == http.MethodGet {
		return v.form(code)
	}
	if path == "employee" && r.Method == http.MethodGet {
		return v.employees(r.URL.Query())
	}
	if r.Method != http.MethodPost {
		return nil, refuse("请求方式错误")
	}
	if path == "receive/expense" {
		return v.importFees(request)
	}
	if err := v.timely(request.Field("timestamp")); err != nil {
		return nil, err
	}
	switch path {
	case "paymenttransaction/paid/list":
		return v.paid(data)
	case "paymenttransaction/list":
		return v.waiting(data)
	case "paymenttransaction/update":
		return v.update(data)
	case "form/reimburse":
		return v.forms(data)
	case "org/subsidiaries":
		return v.changed(v.data.subsidiaries, data)
	case "org/departments":
		return v.changed(v.data.departments, data)
	case "supplier/save":
		return v.save(&v.data.suppliers, data, "businessCode", 50)
	case "employee/save":
		return v.save(&v.data.employees, data, "employeeId", 300)
	default:
		return nil, refuse("接口不存在：%s", path)
	}
}

// timely checks the timestamp of a call.
func (v *Vendor) timely(at item.Value) error {
	ms, err := strconv.ParseInt(at.Text(), 10, 64)
	if err != nil {
		return refuse("参数错误：timestamp 不能为空")
	}
	if limit := time.Duration(v.o.ClockSeconds) * time.Second; limit > 0 && v.clock().Sub(time.UnixMilli(ms)).Abs() > limit {
		return refuse("时间戳与服务器时间相差过大")
	}
	return nil
}
