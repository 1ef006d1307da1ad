// Package sandbox simulates the tracking interface of 快递100 (poll/query.do): its signature,
// its refusals with their codes, and parcels on their way.
//
// It may import the standard library, plugins/internal/boxkit and sdk/sandboxkit only.
package sandbox

import (
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/boxkit"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The account of the simulation, invented.
const (
	Customer = "SANDBOXCUSTOMER0000000000000001"
	Key      = "sandboxkey01"
)

// Options are facts of the vendor that are not confirmed, and limits that tests switch off.
type Options struct {
	// Expired is a key whose time is over.
	Expired bool `json:"expired"`
	// Busy and Down have calls refused as when the vendor is overloaded or under repair.
	Busy bool `json:"busy"`
	Down bool `json:"down"`
	// Stranger is the code that an unknown customer is refused with: 503, or 400, whose words
	// speak of companies that are not authorised.
	Stranger string `json:"stranger"`
	// PhoneCarriers want the phone of a parcel.
	PhoneCarriers []string `json:"phoneCarriers"`
	// RepeatMinutes is within which one parcel that moves is not to be asked for again, 0 for
	// no such limit. The vendor locks such callers; after how many calls is not documented.
	RepeatMinutes int `json:"repeatMinutes"`
	RepeatCalls   int `json:"repeatCalls"`
}

// Defaults are the options as far as they are known.
func Defaults() Options {
	return Options{Stranger: "503", PhoneCarriers: []string{"shunfeng", "shunfengkuaiyun"}}
}

// unauthorised are the words of code 400.
const unauthorised = "提交的数据不完整，或者贵公司没授权"

// Vendor is the simulated system.
type Vendor struct {
	*boxkit.Box[Options]

	parcels []parcel
}

// New makes the system with its parcels.
func New(clock sandboxkit.Clock, options Options) *Vendor {
	v := &Vendor{}
	v.Box = boxkit.NewBox(clock, options, func(now time.Time) map[string][]boxkit.Record {
		var list []boxkit.Record
		v.parcels = parcels(now)
		for _, p := range v.parcels {
			list = append(list, boxkit.New(p.Number, p.Sent, map[string]any{"com": p.Carrier, "num": p.Number, "phone": p.Phone, "state": p.state()}))
		}
		return map[string][]boxkit.Record{"parcel": list}
	})
	return v
}

// Credentials implements sandboxkit.Vendor.
func (*Vendor) Credentials() map[string]string {
	return map[string]string{"customer": Customer, "key": Key}
}

// Set implements sandboxkit.Vendor.
func (v *Vendor) Set(name string, value json.RawMessage) error {
	return v.Change(name, value, func(*Options) error { return nil })
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/poll/query.do", v.query)
	return mux
}

// refusal is an answer of the vendor that is none.
type refusal struct{ code, message string }

// query answers a call. Its status is 200 whatever it answers.
func (v *Vendor) query(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || r.Method != http.MethodPost {
		form = url.Values{}
	}
	v.Lock()
	answer, no := v.answer(form)
	if no != nil {
		v.Refused(no.code)
	}
	v.Unlock()
	if no != nil {
		boxkit.Answer(w, map[string]any{"result": false, "returnCode": no.code, "message": no.message})
		return
	}
	boxkit.Answer(w, json.RawMessage(answer))
}

// asks is the content of param.
type asks struct {
	Com      string `json:"com"`
	Num      string `json:"num"`
	Phone    string `json:"phone"`
	ResultV2 string `json:"resultv2"`
	Order    string `json:"order"`
}

// answer answers a form. The caller holds mu.
func (v *Vendor) answer(form url.Values) ([]byte, *refusal) {
	param := form.Get("param")
	switch {
	case form.Get("customer") == "" || form.Get("sign") == "" || param == "":
		return nil, &refusal{"400", unauthorised}
	case v.Options.Down:
		return nil, &refusal{"501", "服务器错误，快递100服务器压力过大或需要升级，暂停服务"}
	case v.Options.Busy:
		return nil, &refusal{"502", "服务器繁忙"}
	case form.Get("customer") != Customer && v.Options.Stranger == "400":
		return nil, &refusal{"400", unauthorised}
	case form.Get("customer") != Customer || form.Get("sign") != Sign(param, Key, form.Get("customer")):
		return nil, &refusal{"503", "验证签名失败"}
	case v.Options.Expired:
		return nil, &refusal{"601", "KEY已过期"}
	}
	var a asks
	if err := json.Unmarshal([]byte(param), &a); err != nil || a.Com == "" || a.Num == "" {
		return nil, &refusal{"400", unauthorised}
	}
	if !regexp.MustCompile(`^[a-z0-9]+$`).MatchString(a.Com) || !regexp.MustCompile(`^[A-Za-z0-9-]{6,32}$`).MatchString(a.Num) {
		return nil, &refusal{"400", "找不到对应公司"}
	}
	return v.track(a)
}

// track looks a parcel up.
func (v *Vendor) track(a asks) ([]byte, *refusal) {
	for _, p := range v.parcels {
		if p.Carrier != a.Com || p.Number != a.Num {
			continue
		}
		if slices.Contains(v.Options.PhoneCarriers, a.Com) && (len(a.Phone) < 4 || !strings.HasSuffix(p.Phone, a.Phone[len(a.Phone)-4:])) {
			return nil, &refusal{"408", "验证码错误"}
		}
		if !v.mayAsk(p) {
			return nil, &refusal{"502", fmt.Sprintf("同一单号%d分钟内请勿重复查询", v.Options.RepeatMinutes)}
		}
		return p.answer(v.Clock(), a), nil
	}
	if n, ok := strings.CutPrefix(a.Num, shipped); ok && len(a.Num) == 14 {
		return v.shipped(a, n)
	}
	return nil, &refusal{"500", "查询无结果，请隔段时间再查"}
}

// shipped looks up a parcel of the simulated 旺店通, whose carriers and phones are not known
// here: each is what the caller says.
func (v *Vendor) shipped(a asks, n string) ([]byte, *refusal) {
	number, err := strconv.Atoi(n)
	switch {
	case err != nil || number == 0:
		return nil, &refusal{"500", "查询无结果，请隔段时间再查"}
	case slices.Contains(v.Options.PhoneCarriers, a.Com) && len(a.Phone) < 4:
		return nil, &refusal{"408", "验证码错误"}
	}
	p := parcel{Carrier: a.Com, Number: a.Num, Sent: v.Clock().Add(-24 * time.Hour).Truncate(time.Hour), Steps: 1 + number%len(stages())}
	if !v.mayAsk(p) {
		return nil, &refusal{"502", fmt.Sprintf("同一单号%d分钟内请勿重复查询", v.Options.RepeatMinutes)}
	}
	return p.answer(v.Clock(), a), nil
}

// mayAsk counts the calls for a parcel.
func (v *Vendor) mayAsk(p parcel) bool {
	if v.Options.RepeatMinutes == 0 {
		return true
	}
	return v.Pace.Takes(p.Number, v.Clock(), max(1, v.Options.RepeatCalls), time.Duration(v.Options.RepeatMinutes)*time.Minute)
}

// Sign gives the signature of a call: MD5 over param, key and customer, in capitals (public:
// the vendor's PHP and Java samples of poll/query.do).
func Sign(param, key, customer string) string {
	sum := md5.Sum([]byte(param + key + customer)) //nolint:gosec // the vendor's signature is MD5
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}
