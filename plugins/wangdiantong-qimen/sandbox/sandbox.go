// Package sandbox serves the simulated 旺店通 through the Qimen gateway: parameters in the
// form or the query, signed in three ways, everything under response, always under HTTP 200.
// It knows nothing of the connector, so that a mistake there is not repeated here.
//
// It may import the standard library, sdk/sandboxkit and plugins/internal/wdtbox only.
package sandbox

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the gateway's signature is MD5
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

var _ sandboxkit.Vendor = (*Vendor)(nil)

// The invented application that every sandbox knows, and the vendor's own key in Qimen.
const (
	AppKey    = "21000001"
	AppSecret = "karezsandboxtopsecret0001" // works in a sandbox only
	TargetKey = "21363512"
)

// maxRequest is the most bytes of a request that are read.
const maxRequest = 8 << 20

// clockMinutes is how far a timestamp may be off where the settings keep the direct
// edition's five: ten is the gateway's general rule, and assumed for this scene.
const clockMinutes = 10

// Vendor is the simulated system behind the gateway. It is safe for concurrent use.
type Vendor struct {
	*wdtbox.Box

	clock sandboxkit.Clock
}

// New makes a sandbox whose data lies in the 30 days before the clock's present time.
func New(clock sandboxkit.Clock, o wdtbox.Options) *Vendor {
	return &Vendor{wdtbox.New(clock, o), clock}
}

// Defaults are those of the system, with the gateway's tolerance of clocks.
func Defaults() wdtbox.Options {
	o := wdtbox.Defaults()
	o.ClockSeconds = clockMinutes * 60
	return o
}

// Credentials implements sandboxkit.Vendor. The keys are the connection's settings, without the address.
func (v *Vendor) Credentials() map[string]string {
	return map[string]string{"appKey": AppKey, "appSecret": AppSecret, "targetAppKey": TargetKey, "sid": wdtbox.Sid, "signMethod": "md5"}
}

// refusal is the gateway's no: its own numbers, with the name of what was wrong.
type refusal struct {
	code         int
	message, sub string
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler { return http.HandlerFunc(v.serve) }

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	// A client that has gone cannot be told.
	_, _ = w.Write(v.answer(r))
}

func (v *Vendor) answer(r *http.Request) []byte {
	params, ok := read(r)
	if !ok {
		return v.gateway(&refusal{40, "the parameters cannot be read", "isv.missing-parameter"})
	}
	if no := v.caller(params); no != nil {
		return v.gateway(no)
	}
	if params["sid"] != wdtbox.Sid {
		return v.vendor(&wdtbox.Refusal{Code: v.Settings().Codes.Sid, Message: "sid 不存在"})
	}
	if no := v.Admit(); no != nil {
		return v.vendor(no)
	}
	name := direct(params["method"])
	for own := range strings.FieldsSeq("method app_key target_app_key sid timestamp format v sign_method sign session appkey app_rights") {
		delete(params, own)
	}
	body, no := v.Call(wdtbox.Qimen, name, params)
	if no != nil {
		return v.vendor(no)
	}
	return append(append([]byte(`{"response":{"flag":"success","code":0,"message":"ok"`), body...), `,"request_id":"sandbox"}}`...)
}

// direct gives the name that an interface has without the gateway: underscores for dots, and
// without an ending for two.
func direct(method string) string {
	name, ours := strings.CutPrefix(method, "wdt.")
	switch {
	case !ours:
		return ""
	case name == "shop.query" || name == "logistics.query":
		name = strings.TrimSuffix(name, ".query")
	case strings.Contains(name, "push"):
		return "" // the gateway's pushes are not simulated
	}
	return strings.ReplaceAll(name, ".", "_")
}

// gateway writes the gateway's own refusal.
func (v *Vendor) gateway(no *refusal) []byte {
	v.Refuse(no.code)
	if v.Settings().Wrapper == "error_response" {
		return fmt.Appendf(nil, `{"error_response":{"code":%d,"msg":%q,"sub_code":%q,"sub_msg":%q,"request_id":"sandbox"}}`, no.code, no.message, no.sub, no.message)
	}
	return fmt.Appendf(nil, `{"response":{"flag":"failure","code":"%d","message":%q,"sub_code":%q,"sub_message":%q,"request_id":"sandbox"}}`, no.code, no.message, no.sub, no.message)
}

// vendor writes a refusal of the system behind the gateway.
func (v *Vendor) vendor(no *wdtbox.Refusal) []byte {
	v.Refuse(no.Code)
	// A text always encodes.
	message, _ := json.Marshal(no.Message)
	return fmt.Appendf(nil, `{"response":{"flag":"failure","code":%d,"message":%s,"request_id":"sandbox"}}`, no.Code, message)
}

// read gives the parameters: of the query and, with POST, of the form.
func read(r *http.Request) (map[string]string, bool) {
	params := map[string]string{}
	for name := range r.URL.Query() {
		params[name] = r.URL.Query().Get(name)
	}
	if r.Method != http.MethodPost {
		return params, r.Method == http.MethodGet
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return nil, false
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, false
	}
	for name := range form {
		params[name] = form.Get(name)
	}
	return params, true
}

// caller checks what the gateway checks.
func (v *Vendor) caller(params map[string]string) *refusal {
	if params["method"] == "" {
		return &refusal{21, "the method is missing", "isv.missing-method"}
	}
	for _, name := range []string{"app_key", "target_app_key", "timestamp", "v", "format", "sign_method", "sign", "sid"} {
		if params[name] == "" {
			return &refusal{40, "a parameter is missing: " + name, "isv.missing-parameter"}
		}
	}
	if params["app_key"] != AppKey || params["target_app_key"] != TargetKey {
		return &refusal{29, "the app key is not known", "isv.appkey-not-exists"}
	}
	at, err := time.ParseInLocation(time.DateTime, params["timestamp"], time.FixedZone("Asia/Shanghai", 8*60*60))
	if err != nil || v.clock().Sub(at).Abs() > time.Duration(v.Settings().ClockSeconds)*time.Second {
		return &refusal{31, "the timestamp is off", "isv.invalid-timestamp"}
	}
	if want, ok := signature(AppSecret, params); !ok || params["sign"] != want {
		return &refusal{25, "the signature is wrong", "isv.invalid-signature"}
	}
	return nil
}

// signature signs what is not empty, in the order of the names.
func signature(secret string, params map[string]string) (string, bool) {
	var source strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name != "sign" && params[name] != "" {
			source.WriteString(name + params[name])
		}
	}
	var sum hash.Hash
	text := source.String()
	switch params["sign_method"] {
	case "md5":
		sum, text = md5.New(), secret+text+secret //nolint:gosec // the gateway's signature is MD5
	case "hmac":
		sum = hmac.New(md5.New, []byte(secret))
	case "hmac-sha256":
		sum = hmac.New(sha256.New, []byte(secret))
	default:
		return "", false
	}
	_, _ = io.WriteString(sum, text)
	return strings.ToUpper(hex.EncodeToString(sum.Sum(nil))), true
}
