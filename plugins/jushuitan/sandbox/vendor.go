// Package sandbox simulates 聚水潭's open platform: signatures, tokens, limits,
// and the vendor's own refusals, before the ERP of plugins/internal/jsterp, whose data
// are the same for the same seed and start. It knows nothing of the connector, so
// that a mistake there is not repeated here.
//
// It may import the standard library, plugins/internal/jsterp, plugins/internal/jsttable
// and sdk/sandboxkit only.
package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsterp"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The invented application every sandbox knows.
const (
	AppKey    = "karezsandboxkey0001"
	AppSecret = "karezsandboxsecret0001" // works in a sandbox only
	// AuthCode is the code an authorisation page would hand to a service provider. It works once.
	AuthCode = "KZ0001"
)

var _ sandboxkit.Vendor = (*Vendor)(nil)

// Vendor is the simulated system. It is safe for concurrent use.
type Vendor struct {
	clock   sandboxkit.Clock
	start   time.Time
	initial Options

	mu       sync.Mutex
	o        Options
	erp      *jsterp.ERP
	tokens   tokenBook
	limits   map[string]*counter
	writes   map[string]int
	refusals map[string]int
}

// New makes a sandbox whose data lies in the 30 days before the clock's present time.
func New(clock sandboxkit.Clock, o Options) *Vendor {
	v := &Vendor{clock: clock, start: clock().In(shanghai()).Truncate(time.Second), initial: o}
	v.Reset()
	return v
}

// Reset implements sandboxkit.Vendor: data, tokens, counters and settings are as after New.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.o = v.initial
	v.erp = jsterp.New(v.clock, v.start, v.o.Seed, v.o.Refunds)
	v.tokens = tokenBook{access: map[string]time.Time{}, refresh: map[string]bool{}, code: AuthCode}
	v.limits = map[string]*counter{}
	v.writes = map[string]int{}
	v.refusals = map[string]int{}
}

// Credentials implements sandboxkit.Vendor. The keys are the connection's settings, without the address.
func (v *Vendor) Credentials() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	credentials := map[string]string{"appKey": AppKey, "appSecret": AppSecret, "authMode": "self"}
	if v.o.ISV {
		credentials["authMode"], credentials["authCode"] = "isv", AuthCode
	}
	return credentials
}

// State implements sandboxkit.Vendor.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	refusals, writes := map[string]int{}, map[string]int{}
	maps.Copy(refusals, v.refusals)
	maps.Copy(writes, v.writes)
	return map[string]any{
		"objects":    v.erp.Sizes(),
		"counts":     v.erp.Counts(),
		"start":      v.start.Format(time.RFC3339),
		"pages":      v.erp.Pages(),
		"refusals":   refusals,
		"tokens":     map[string]int{"issued": v.tokens.issued, "refreshed": v.tokens.refreshed},
		"writeCalls": writes,
		"settings":   v.o,
	}
}

// Objects implements sandboxkit.Vendor for the types of jsterp.Kinds, in the order of their ids.
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.erp.Objects(kind)
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler { return http.HandlerFunc(v.serve) }

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	form, bad := readForm(r)
	v.mu.Lock()
	body := v.answer(r, form, bad)
	v.mu.Unlock()
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	// A client that has gone cannot be told.
	_, _ = w.Write(body)
}

// answer gives the body of the answer, always under HTTP 200. The caller holds mu.
func (v *Vendor) answer(r *http.Request, form map[string]string, bad *refusal) []byte {
	data, no := v.dispatch(r.URL.Path, form, bad)
	if no == nil {
		body := append([]byte(`{"code":0,"msg":"执行成功","data":`), data...)
		return append(body, '}')
	}
	code := v.o.Codes.of(no.kind)
	v.refusals[strconv.Itoa(code)]++
	message, _ := json.Marshal(no.message) //nolint:errchkjson // a text
	return fmt.Appendf(nil, `{"code":%d,"msg":%s,"data":null}`, code, message)
}

func (v *Vendor) dispatch(path string, form map[string]string, bad *refusal) ([]byte, *refusal) {
	if bad != nil {
		return nil, bad
	}
	switch path {
	case "/openWeb/auth/getInitToken", "/openWeb/auth/accessToken", "/openWeb/auth/refreshToken":
		return v.token(path, form)
	}
	rest, open := strings.CutPrefix(path, "/open/")
	if !open {
		return nil, refuse(noPermission, "没有此接口的权限")
	}
	if no := v.admit(path, form); no != nil {
		return nil, no
	}
	rules := jsterp.Rules{
		StartTSAlone: v.o.StartTSAlone, Churn: v.o.Churn, DuplicateExternal: v.o.DuplicateExternal, UploadRows: v.o.UploadRows,
	}
	name := strings.ReplaceAll(rest, "/", ".")
	if query, is := strings.CutSuffix(name, ".query"); is {
		answer, no := v.erp.Query(query, []byte(form["biz"]), 0, rules)
		if no != nil {
			return nil, refused(no)
		}
		return append(append([]byte{'{'}, answer.Members(answer.List)...), '}'), nil
	}
	upload, is := strings.CutSuffix(name, ".upload")
	if !is {
		return nil, refuse(noPermission, "没有此接口的权限")
	}
	data, no := v.erp.Upload(upload, []byte(form["biz"]), rules)
	if no != nil {
		return nil, refused(no)
	}
	v.writes[path]++
	return data, nil
}

// shanghai is the zone of the vendor's times.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }
