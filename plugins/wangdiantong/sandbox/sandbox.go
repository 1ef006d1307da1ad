// Package sandbox serves the simulated 旺店通 over openapi2: signed forms in, a flat envelope
// out, always under HTTP 200. It knows nothing of the connector, so that a mistake there is
// not repeated here.
//
// It may import the standard library, sdk/sandboxkit and plugins/internal/wdtbox only.
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
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

var _ sandboxkit.Vendor = (*Vendor)(nil)

// maxRequest is the most bytes of a request that are read.
const maxRequest = 8 << 20

// Vendor is the simulated system behind openapi2. It is safe for concurrent use.
type Vendor struct {
	*wdtbox.Box

	clock sandboxkit.Clock
}

// New makes a sandbox whose data lies in the 30 days before the clock's present time.
func New(clock sandboxkit.Clock, o wdtbox.Options) *Vendor {
	return &Vendor{wdtbox.New(clock, o), clock}
}

// Credentials implements sandboxkit.Vendor. The keys are the connection's settings, without the address.
func (v *Vendor) Credentials() map[string]string {
	return map[string]string{"sid": wdtbox.Sid, "appKey": wdtbox.AppKey, "appSecret": wdtbox.AppSecret}
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler { return http.HandlerFunc(v.serve) }

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	body, no := v.answer(r)
	if no != nil {
		v.Refuse(no.Code)
		// A text always encodes.
		message, _ := json.Marshal(no.Message)
		body = fmt.Appendf(nil, `{"code":%d,"message":%s}`, no.Code, message)
	} else {
		body = append(append([]byte(`{"code":0,"message":""`), body...), '}')
	}
	// The vendor's PHP calls everything a web page.
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	// A client that has gone cannot be told.
	_, _ = w.Write(body)
}

// answer gives the members of the envelope behind code and message.
func (v *Vendor) answer(r *http.Request) ([]byte, *wdtbox.Refusal) {
	codes := v.Settings().Codes
	params, ok := read(r)
	if !ok {
		return nil, &wdtbox.Refusal{Code: codes.Input, Message: "请求内容不是表单"}
	}
	if no := v.caller(params); no != nil {
		return nil, no
	}
	if no := v.Admit(); no != nil {
		return nil, no
	}
	for _, name := range []string{"sid", "appkey", "timestamp", "sign"} {
		delete(params, name)
	}
	name, isPHP := strings.CutSuffix(path.Base(r.URL.Path), ".php")
	if !isPHP {
		name = ""
	}
	return v.Call(wdtbox.Direct, name, params)
}

// read gives the parameters: PHP takes those of the query and of the form alike.
func read(r *http.Request) (map[string]string, bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return nil, false
	}
	params := map[string]string{}
	for name := range r.URL.Query() {
		params[name] = r.URL.Query().Get(name)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, false
		}
		for name := range form {
			params[name] = form.Get(name)
		}
	}
	return params, true
}

// caller checks account, time and signature.
func (v *Vendor) caller(params map[string]string) *wdtbox.Refusal {
	o := v.Settings()
	switch {
	case params["sid"] != wdtbox.Sid:
		return &wdtbox.Refusal{Code: o.Codes.Sid, Message: "sid 不存在"}
	case params["appkey"] != wdtbox.AppKey:
		return &wdtbox.Refusal{Code: o.Codes.Sid, Message: "appkey 不存在"}
	}
	seconds, err := strconv.ParseInt(params["timestamp"], 10, 64)
	if err != nil || v.clock().Sub(time.Unix(seconds, 0)).Abs() > time.Duration(o.ClockSeconds)*time.Second {
		return &wdtbox.Refusal{Code: o.Codes.Timestamp, Message: "timestamp 与服务器时间相差过大"}
	}
	if params["sign"] != signature(wdtbox.AppSecret, params) {
		return &wdtbox.Refusal{Code: o.Codes.Sign, Message: "签名不正确"}
	}
	return nil
}

// signature signs the parameters in the order of their names. Lengths are those of characters.
func signature(secret string, params map[string]string) string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(params)), func(name string) bool { return name == "sign" })
	for i, name := range names {
		names[i] = fmt.Sprintf("%02d-%s:%04d-%s", utf8.RuneCountInString(name), name, utf8.RuneCountInString(params[name]), params[name])
	}
	sum := md5.Sum([]byte(strings.Join(names, ";") + secret)) //nolint:gosec // the vendor's signature is MD5
	return hex.EncodeToString(sum[:])
}
