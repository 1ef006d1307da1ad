// Package sandbox simulates 聚水潭's older open platform: signed query strings, a token that is
// kept alive, limits and the platform's own codes, before the ERP of plugins/internal/jsterp,
// whose data are the same for the same seed and start. It knows nothing of the connector, so
// that a mistake there is not repeated here.
//
// It may import the standard library, plugins/internal/jsterp, plugins/internal/jsttable
// and sdk/sandboxkit only.
package sandbox

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsterp"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The invented partner every sandbox knows.
const (
	PartnerID  = "karezpartner0001"
	PartnerKey = "karezpartnerkey0001" // works in a sandbox only
	Token      = "karezoldtoken0001"
)

var _ sandboxkit.Vendor = (*Vendor)(nil)

// Options are the sandbox's settings. Where the vendor's behaviour is not documented it is
// a setting; Defaults says what is assumed. All but Seed and Refunds can be changed
// while it runs, under their JSON names.
type Options struct {
	// Seed and Refunds decide the data: the same give the same bytes. Fewer than 400 refunds become 400.
	Seed    uint64 `json:"-"`
	Refunds int    `json:"-"`

	// PerSecond and PerMinute are the calls allowed of a method; 0 allows any number. The code of the
	// refusal is documented, the numbers are those of the current platform.
	PerSecond int `json:"perSecond"`
	PerMinute int `json:"perMinute"`
	// ClockSeconds is how far a timestamp may be off (documented: ten minutes).
	ClockSeconds int `json:"clockSeconds"`
	// TokenDays is how long a token lives that is not kept alive (not documented).
	TokenDays int `json:"tokenDays"`
	// Churn modifies refunds while they are being paged.
	Churn jsterp.Churn `json:"churn"`
	// Codes are the numbers of the refusals (documented).
	Codes Codes `json:"codes"`
}

// Codes are the platform's numbers; on the current platform they mean other things.
type Codes struct {
	Partner    int `json:"partner"`
	Sign       int `json:"sign"`
	Empty      int `json:"empty"`
	Param      int `json:"param"`
	Timestamp  int `json:"timestamp"`
	Permission int `json:"permission"`
	Frequency  int `json:"frequency"`
}

// Defaults are the documented facts and the assumed rest, with nothing changing while it is read.
func Defaults() Options {
	return Options{
		Seed: 1, Refunds: 1000, PerSecond: 5, PerMinute: 100, ClockSeconds: 600, TokenDays: 30,
		Churn: jsterp.Churn{Pick: "served"},
		Codes: Codes{Partner: 100, Sign: 120, Empty: 130, Param: 140, Timestamp: 180, Permission: 190, Frequency: 199},
	}
}

// mostRows is the platform's largest page.
const mostRows = 50

// Vendor is the simulated system. It is safe for concurrent use.
type Vendor struct {
	clock   sandboxkit.Clock
	start   time.Time
	initial Options

	mu       sync.Mutex
	o        Options
	erp      *jsterp.ERP
	ends     time.Time
	renewed  int
	limits   map[string]*counter
	refusals map[string]int
}

// counter counts the calls of one second and of one minute, each from the first call in it.
type counter struct {
	second, minute   time.Time
	perSecond, perMi int
}

// New makes a sandbox whose data lies in the 30 days before the clock's present time.
func New(clock sandboxkit.Clock, o Options) *Vendor {
	v := &Vendor{clock: clock, start: clock().In(shanghai()).Truncate(time.Second), initial: o}
	v.Reset()
	return v
}

// Reset implements sandboxkit.Vendor.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.o = v.initial
	v.erp = jsterp.New(v.clock, v.start, v.o.Seed, v.o.Refunds)
	v.limits, v.refusals, v.renewed = map[string]*counter{}, map[string]int{}, 0
	v.ends = v.clock().Add(time.Duration(v.o.TokenDays) * 24 * time.Hour)
}

// Credentials implements sandboxkit.Vendor.
func (*Vendor) Credentials() map[string]string {
	return map[string]string{"partnerId": PartnerID, "partnerKey": PartnerKey, "token": Token}
}

// State implements sandboxkit.Vendor.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	refusals := map[string]int{}
	maps.Copy(refusals, v.refusals)
	return map[string]any{
		"objects": v.erp.Sizes(), "counts": v.erp.Counts(), "start": v.start.Format(time.RFC3339), "refusals": refusals,
		"tokenEnds": v.ends.Format(time.RFC3339), "tokenRenewed": v.renewed, "writeCalls": map[string]int{}, "settings": v.o,
	}
}

// Objects implements sandboxkit.Vendor for the types of jsterp.Kinds.
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.erp.Objects(kind)
}

// Set implements sandboxkit.Vendor: every option under its JSON name, and the one-time
// actions expireTokens (the token ends now) and touch (somebody changes an object of the named type now).
func (v *Vendor) Set(name string, value json.RawMessage) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case name == "expireTokens" && string(value) == "true":
		v.ends = v.clock()
		return nil
	case name == "touch":
		var kind string
		if err := json.Unmarshal(value, &kind); err != nil || !v.erp.Touch(kind) {
			return fmt.Errorf("touch names a type that has objects of the week before the start, not %s", value)
		}
		return nil
	}
	changed, err := sandboxkit.With(v.o, name, value)
	if err != nil {
		return err
	}
	v.o = changed
	return nil
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler { return http.HandlerFunc(v.serve) }

// maxRequest is the most bytes of a request that are read.
const maxRequest = 4 << 20

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/open/query.aspx" {
		http.NotFound(w, r)
		return
	}
	// The body is JSON whatever its label says: clients send it as a form, too.
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	v.mu.Lock()
	members, no := v.answer(r, body, err)
	v.mu.Unlock()
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if no != nil {
		message, _ := json.Marshal(no.message) //nolint:errchkjson // a text
		_, _ = fmt.Fprintf(w, `{"code":%d,"issuccess":false,"msg":%s}`, no.code, message)
		return
	}
	// A client that has gone cannot be told.
	_, _ = fmt.Fprintf(w, `{"code":0,"issuccess":true,"msg":null,%s}`, members)
}

// refusal is the vendor's no.
type refusal struct {
	code    int
	message string
}

// answer gives the members of a good answer. The caller holds mu.
func (v *Vendor) answer(r *http.Request, body []byte, broken error) ([]byte, *refusal) {
	members, no := v.dispatch(r, body, broken)
	if no != nil {
		v.refusals[strconv.Itoa(no.code)]++
	}
	return members, no
}

func (v *Vendor) dispatch(r *http.Request, body []byte, broken error) ([]byte, *refusal) {
	query := r.URL.Query()
	method := query.Get("method")
	no := v.admit(query)
	switch {
	case r.Method != http.MethodPost || broken != nil:
		return nil, &refusal{v.o.Codes.Param, "请求方式错误，只支持 POST"}
	case no != nil:
		return nil, no
	case len(bytes.TrimSpace(body)) == 0:
		return nil, &refusal{v.o.Codes.Empty, "数据为空"}
	}
	if no := v.limit(method); no != nil {
		return nil, no
	}
	if method == "refresh.token" {
		v.renewed++
		v.ends = v.clock().Add(time.Duration(v.o.TokenDays) * 24 * time.Hour)
		return fmt.Appendf(nil, `"data":{"expired_date":"%s"}`, v.ends.In(shanghai()).Format(time.DateTime)), nil
	}
	name, is := strings.CutSuffix(method, ".query")
	list := map[string]string{"refund.single": "datas", "orders.single": "orders", "shops": "shops", "wms.partner": "datas", "logisticscompany": "datas"}[name]
	if !is || list == "" {
		return nil, &refusal{v.o.Codes.Permission, "没有此接口的权限"}
	}
	answer, refused := v.erp.Query(name, body, mostRows, jsterp.Rules{StartTSAlone: true, Churn: v.o.Churn})
	if refused != nil {
		return nil, &refusal{v.o.Codes.Param, refused.Message}
	}
	return answer.Members(list), nil
}

// admit checks who calls, when, and the signature.
func (v *Vendor) admit(query url.Values) *refusal {
	seconds, err := strconv.ParseInt(query.Get("ts"), 10, 64)
	switch {
	case query.Get("partnerid") != PartnerID || query.Get("token") != Token:
		return &refusal{v.o.Codes.Partner, "验证失败!合作方授权认证失败或token超时"}
	case err != nil || v.clock().Sub(time.Unix(seconds, 0)).Abs() > time.Duration(v.o.ClockSeconds)*time.Second:
		return &refusal{v.o.Codes.Timestamp, "时间戳 ts 无效，与服务器时间相差超过 10 分钟"}
	case query.Get("sign") != Signature(query.Get("method"), PartnerID, PartnerKey, Token, query.Get("ts")):
		return &refusal{v.o.Codes.Sign, "验证失败!无效签名"}
	case !v.clock().Before(v.ends):
		return &refusal{v.o.Codes.Partner, "验证失败!合作方授权认证失败或token超时"}
	}
	return nil
}

// Signature is how the platform signs: the body has no part in it.
func Signature(method, partnerID, partnerKey, token, ts string) string {
	sum := md5.Sum([]byte(method + partnerID + "token" + token + "ts" + ts + partnerKey)) //nolint:gosec // the vendor's signature is MD5
	return hex.EncodeToString(sum[:])
}

// limit counts a call or refuses it; refused calls are not counted.
func (v *Vendor) limit(method string) *refusal {
	c := v.limits[method]
	if c == nil {
		c = &counter{}
		v.limits[method] = c
	}
	now := v.clock()
	if now.Sub(c.second) >= time.Second {
		c.second, c.perSecond = now, 0
	}
	if now.Sub(c.minute) >= time.Minute {
		c.minute, c.perMi = now, 0
	}
	if v.o.PerMinute > 0 && c.perMi >= v.o.PerMinute || v.o.PerSecond > 0 && c.perSecond >= v.o.PerSecond {
		return &refusal{v.o.Codes.Frequency, "接口调用过于频繁"}
	}
	c.perSecond++
	c.perMi++
	return nil
}

// shanghai is the zone of the vendor's times.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }
