// Package sandbox simulates the interface of 领星 ERP: tokens that end, signatures of encrypted
// digests, buckets of calls, and Amazon orders by ranges of time.
//
// It may import the standard library, plugins/internal/boxkit, sdk/item and sdk/sandboxkit only.
package sandbox

import (
	"crypto/aes"
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/base64"
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
	AppID     = "ak_sandbox_00001"
	AppSecret = "sandbox+secret/with=signs"
)

// Options are facts of the vendor that are not confirmed, and limits that tests switch off.
type Options struct {
	// PerMinute is how many calls a minute each interface gives; the vendor counts by buckets that
	// refill, whose pace it does not tell. 0 is any number.
	PerMinute int `json:"perMinute"`
	// ClockSeconds is how far the moment of a signature may be off.
	ClockSeconds int `json:"clockSeconds"`
	// TokenSeconds is how long a token lives, RefreshSeconds how long it can be renewed.
	TokenSeconds   int `json:"tokenSeconds"`
	RefreshSeconds int `json:"refreshSeconds"`
	// Refused is the code of parameters that are refused, which is not documented.
	Refused int `json:"refused"`
	// Strange has the caller's address left out of the white list.
	Strange bool `json:"strange"`
	// Below has the list and the number of orders in data.list and data.total in place of data
	// and total: public clients have seen both.
	Below bool `json:"below"`
	// MostRows is the largest page of orders: 1000 or 5000, as one reads.
	MostRows int `json:"mostRows"`
	// Forget has all tokens forgotten, Touch an order changed now.
	Forget bool   `json:"forget"`
	Touch  string `json:"touch"`
}

// Defaults are the options as far as they are known.
func Defaults() Options {
	return Options{PerMinute: 60, ClockSeconds: 120, TokenSeconds: 7200, RefreshSeconds: 7200, Refused: 102, MostRows: 1000}
}

// Vendor is the simulated system.
type Vendor struct {
	*boxkit.Box[Options]

	issued int
	// access and refresh are when tokens end.
	access, refresh map[string]time.Time
}

// New makes the system with its data.
func New(clock sandboxkit.Clock, options Options) *Vendor {
	v := &Vendor{Box: boxkit.NewBox(clock, options, generate)}
	v.Reset()
	return v
}

// Reset implements sandboxkit.Vendor.
func (v *Vendor) Reset() {
	v.Box.Reset()
	v.Lock()
	defer v.Unlock()
	v.access, v.refresh = map[string]time.Time{}, map[string]time.Time{}
}

// Credentials implements sandboxkit.Vendor.
func (*Vendor) Credentials() map[string]string {
	return map[string]string{"appId": AppID, "appSecret": AppSecret}
}

// Set implements sandboxkit.Vendor.
func (v *Vendor) Set(name string, value json.RawMessage) error {
	return v.Change(name, value, func(next *Options) error {
		if next.Forget {
			v.access, next.Forget = map[string]time.Time{}, false
		}
		key := next.Touch
		next.Touch = ""
		return v.Touch("order", key, "gmt_modified")
	})
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/auth-server/oauth/access-token", v.login)
	mux.HandleFunc("POST /api/auth-server/oauth/refresh", v.renew)
	mux.HandleFunc("/erp/", v.serve)
	return mux
}

type refusal struct {
	code    int
	message string
}

func (v *Vendor) say(w http.ResponseWriter, no *refusal) {
	v.Refused(strconv.Itoa(no.code))
	boxkit.Answer(w, map[string]any{"code": no.code, "message": no.message, "error_details": []any{}, "request_id": "sandbox", "data": nil})
}

// login gives a token. The code of success is a text there, and a number elsewhere.
func (v *Vendor) login(w http.ResponseWriter, r *http.Request) {
	v.Lock()
	defer v.Unlock()
	switch query := r.URL.Query(); {
	case query.Get("appId") != AppID:
		v.say(w, &refusal{2001001, "app not exist"})
	case query.Get("appSecret") != AppSecret:
		v.say(w, &refusal{2001002, "app secret not correct"})
	default:
		v.grant(w)
	}
}

// renew gives a token for a refresh token, once.
func (v *Vendor) renew(w http.ResponseWriter, r *http.Request) {
	v.Lock()
	defer v.Unlock()
	query := r.URL.Query()
	until, known := v.refresh[query.Get("refreshToken")]
	switch {
	case query.Get("appId") != AppID:
		v.say(w, &refusal{2001001, "app not exist"})
	case !known:
		v.say(w, &refusal{2001009, "refresh token is invalid"})
	case !v.Clock().Before(until):
		v.say(w, &refusal{2001008, "refresh token expired. please get access token again"})
	default:
		delete(v.refresh, query.Get("refreshToken"))
		v.grant(w)
	}
}

func (v *Vendor) grant(w http.ResponseWriter) {
	v.issued++
	access, refresh := fmt.Sprintf("sandbox-access-%06d", v.issued), fmt.Sprintf("sandbox-refresh-%06d", v.issued)
	v.access[access] = v.Clock().Add(time.Duration(v.Options.TokenSeconds) * time.Second)
	v.refresh[refresh] = v.Clock().Add(time.Duration(v.Options.RefreshSeconds) * time.Second)
	boxkit.Answer(w, map[string]any{"code": "200", "msg": "OK", "data": map[string]any{"access_token": access, "refresh_token": refresh, "expires_in": v.Options.TokenSeconds}})
}

// serve answers a call, always with the status 200.
func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return
	}
	v.Lock()
	defer v.Unlock()
	params := item.Of(body)
	if len(body) > 0 && (item.Check(body) != nil || params.Kind() != item.Object) {
		v.say(w, &refusal{v.Options.Refused, "请求体不是 JSON 对象"})
		return
	}
	if no := v.admit(r.URL.Query(), params); no != nil {
		v.say(w, no)
		return
	}
	if !v.Pace.Takes(r.URL.Path, v.Clock(), v.Options.PerMinute, time.Minute) {
		v.say(w, &refusal{3001008, "requests too frequently. please request later."})
		return
	}
	var rows []boxkit.Record
	var no *refusal
	switch r.Method + " " + r.URL.Path {
	case "POST /erp/sc/data/mws/orders":
		rows, no = v.find(params)
	case "GET /erp/sc/data/seller/lists":
		rows = v.Lists["seller"]
	case "POST /erp/sc/data/local_inventory/warehouse":
		rows, no = v.stores(params)
	default:
		no = &refusal{2001004, "the api not authorized, please grant first"}
	}
	total := len(rows)
	if no == nil && r.Method == http.MethodPost {
		rows, no = v.cut(r.URL.Path, rows, params)
	}
	if no != nil {
		v.say(w, no)
		return
	}
	answer := map[string]any{"code": 0, "message": "success", "error_details": []any{}, "request_id": "sandbox", "data": boxkit.Raw(rows)}
	switch {
	case v.Options.Below && strings.HasSuffix(r.URL.Path, "/orders"):
		answer["data"] = map[string]any{"list": boxkit.Raw(rows), "total": total}
	case r.Method == http.MethodPost:
		answer["total"] = total
	}
	boxkit.Answer(w, answer)
}

// admit lets a caller in.
func (v *Vendor) admit(query url.Values, params item.Value) *refusal {
	for _, name := range []string{"access_token", "app_key", "timestamp", "sign"} {
		if query.Get(name) == "" {
			return &refusal{3001001, "missing query param(access_token,sign,timestamp,app_key)"}
		}
	}
	if v.Options.Strange {
		return &refusal{3001002, "ip not permit"}
	}
	if query.Get("app_key") != AppID {
		return &refusal{2001001, "app not exist"}
	}
	until, known := v.access[query.Get("access_token")]
	switch {
	case !known:
		return &refusal{2001005, "access token not match"}
	case !v.Clock().Before(until):
		return &refusal{2001003, "access token is missing or expire"}
	}
	signed := map[string]string{}
	for name := range query {
		if name != "sign" {
			signed[name] = query.Get(name)
		}
	}
	for name, value := range params.Fields() {
		signed[name] = value.Text()
		if value.Kind() == item.Null {
			signed[name] = "null"
		}
	}
	if query.Get("sign") != Sign(AppID, signed) {
		return &refusal{2001006, "api sign not correct"}
	}
	seconds, err := strconv.ParseInt(query.Get("timestamp"), 10, 64)
	if err != nil || v.Clock().Sub(time.Unix(seconds, 0)).Abs() > time.Duration(v.Options.ClockSeconds)*time.Second {
		return &refusal{2001007, "api sign has expired"}
	}
	return nil
}

// Sign signs parameters: names and values in the order of the names without empty ones, MD5 of it
// in capitals, encrypted with the AppId by AES-ECB (two public clients agree).
func Sign(appID string, fields map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name] != "" {
			pairs = append(pairs, name+"="+fields[name])
		}
	}
	sum := md5.Sum([]byte(strings.Join(pairs, "&"))) //nolint:gosec // the vendor's signature is MD5
	plain := []byte(strings.ToUpper(hex.EncodeToString(sum[:])))
	block, err := aes.NewCipher([]byte(appID))
	if err != nil {
		return ""
	}
	for range aes.BlockSize { // 32 letters fill two blocks, so that the padding is a whole one
		plain = append(plain, aes.BlockSize)
	}
	for at := 0; at < len(plain); at += aes.BlockSize {
		block.Encrypt(plain[at:], plain[at:])
	}
	return base64.StdEncoding.EncodeToString(plain)
}
