package sandbox

import (
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxRequest is the most bytes of a request that are read.
const maxRequest = 4 << 20

// readForm reads a request as the vendor does: POST, everything in the form body.
func readForm(r *http.Request) (map[string]string, *refusal) {
	if r.Method != http.MethodPost {
		return nil, refuse(badRequest, "请求方式错误，只支持 POST")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, refuse(badRequest, "Content-Type 错误，应为 application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return nil, refuse(badRequest, "请求内容不完整")
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, refuse(badRequest, "请求内容不是表单")
	}
	form := make(map[string]string, len(values))
	for name := range values {
		form[name] = values.Get(name)
	}
	return form, nil
}

// common checks what token and business calls have in common.
func (v *Vendor) common(form map[string]string, required ...string) *refusal {
	for _, name := range append([]string{"app_key", "timestamp", "charset", "sign"}, required...) {
		if form[name] == "" {
			return refuse(missingCommon, "缺少公共参数："+name)
		}
	}
	if !strings.EqualFold(form["charset"], "utf-8") {
		return refuse(badCommon, "charset 只支持 utf-8")
	}
	if form["app_key"] != AppKey {
		return refuse(unknownApp, "验证失败！无效的app_key")
	}
	seconds, err := strconv.ParseInt(form["timestamp"], 10, 64)
	if err != nil || len(form["timestamp"]) != 10 {
		return refuse(badTimestamp, "验证失败！无效的timestamp")
	}
	if v.clock().Sub(time.Unix(seconds, 0)).Abs() > time.Duration(v.o.ClockSeconds)*time.Second {
		return refuse(badTimestamp, "验证失败！timestamp 与服务器时间相差过大")
	}
	if form["sign"] != signature(AppSecret, form) {
		return refuse(badSign, "验证失败！无效签名")
	}
	return nil
}

// signature signs all fields that are not empty, in byte order of their names,
// behind the secret. biz is signed as the text that came.
func signature(secret string, form map[string]string) string {
	names := make([]string, 0, len(form))
	for name, value := range form {
		if name != "sign" && value != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	hash := md5.New() //nolint:gosec // the vendor's signature is MD5
	_, _ = io.WriteString(hash, secret)
	for _, name := range names {
		_, _ = io.WriteString(hash, name+form[name])
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// admit lets a business call in or refuses it.
func (v *Vendor) admit(path string, form map[string]string) *refusal {
	if no := v.common(form, "access_token", "version", "biz"); no != nil {
		return no
	}
	if form["version"] != "2" {
		return refuse(badCommon, "version 只支持 2")
	}
	ends, known := v.tokens.access[form["access_token"]]
	if !known || !v.clock().Before(ends) {
		return refuse(badToken, "验证失败！无效的access_token或access_token已过期")
	}
	return v.limit(path)
}

// counter counts the calls of one second and of one minute, each from the first call in it.
type counter struct {
	second, minute   time.Time
	perSecond, perMi int
}

// limit counts a call or refuses it; refused calls are not counted. Fixed
// windows are an assumption.
func (v *Vendor) limit(path string) *refusal {
	key := AppKey
	if v.o.LimitScope == "operation" {
		key += path
	}
	c := v.limits[key]
	if c == nil {
		c = &counter{}
		v.limits[key] = c
	}
	now := v.clock()
	if now.Sub(c.second) >= time.Second {
		c.second, c.perSecond = now, 0
	}
	if now.Sub(c.minute) >= time.Minute {
		c.minute, c.perMi = now, 0
	}
	if v.o.PerMinute > 0 && c.perMi >= v.o.PerMinute {
		return refuse(tooManyPerMinute, "调用频次超过限制!请稍后再试")
	}
	if v.o.PerSecond > 0 && c.perSecond >= v.o.PerSecond {
		return refuse(tooManyPerSecond, "调用频次超过限制!请稍后再试")
	}
	c.perSecond++
	c.perMi++
	return nil
}

// tokenBook is what the vendor knows of tokens: access tokens with their end,
// refresh tokens that still work, and the unused code of the authorisation page.
type tokenBook struct {
	access            map[string]time.Time
	refresh           map[string]bool
	code              string
	issued, refreshed int
}

func (v *Vendor) token(path string, form map[string]string) ([]byte, *refusal) {
	if no := v.common(form, "grant_type"); no != nil {
		return nil, no
	}
	switch path {
	case "/openWeb/auth/getInitToken":
		// The grant type is not looked at here: a working public client sends refresh_token.
		if v.o.ISV {
			return nil, refuse(noPermission, "服务商应用不支持此接口，请使用授权页")
		}
		if len(form["code"]) != 6 {
			return nil, refuse(missingCommon, "code 应为 6 位字符")
		}
	case "/openWeb/auth/accessToken":
		if form["grant_type"] != "authorization_code" {
			return nil, refuse(badCommon, "grant_type 错误")
		}
		if v.tokens.code == "" || form["code"] != v.tokens.code {
			return nil, refuse(badToken, "验证失败！无效的code或code已使用")
		}
		v.tokens.code = ""
	default:
		return v.refreshToken(form)
	}
	return v.issue(true), nil
}

func (v *Vendor) refreshToken(form map[string]string) ([]byte, *refusal) {
	old := form["refresh_token"]
	switch {
	case form["grant_type"] != "refresh_token" || old == "":
		return nil, refuse(missingCommon, "缺少公共参数：refresh_token")
	case v.o.ISV:
		return nil, refuse(noRefresh, "服务商应用不允许刷新token，请重新授权")
	case !v.tokens.refresh[old]:
		return nil, refuse(badToken, "验证失败！无效的refresh_token")
	}
	v.tokens.refreshed++
	if v.o.RotateRefresh {
		delete(v.tokens.refresh, old)
	}
	return v.issue(v.o.RotateRefresh), nil
}

// issue makes tokens that are new and yet the same in every run.
func (v *Vendor) issue(withRefresh bool) []byte {
	if v.o.OldTokensDie {
		clear(v.tokens.access)
	}
	v.tokens.issued++
	sum := md5.Sum([]byte(strconv.FormatUint(v.o.Seed, 10) + "/" + strconv.Itoa(v.tokens.issued))) //nolint:gosec // not a secret
	access, refresh := "at"+hex.EncodeToString(sum[:]), "rt"+hex.EncodeToString(sum[:])
	v.tokens.access[access] = v.clock().Add(time.Duration(v.o.TokenSeconds) * time.Second)
	answer := struct {
		Access  string `json:"access_token"`
		Ends    int    `json:"expires_in"`
		Refresh string `json:"refresh_token,omitempty"`
		Scope   string `json:"scope"`
	}{Access: access, Ends: v.o.TokenSeconds, Scope: "all"}
	if withRefresh {
		v.tokens.refresh[refresh] = true
		answer.Refresh = refresh
	}
	data, _ := json.Marshal(answer) //nolint:gosec,errchkjson // works in a sandbox only; texts and a number
	return data
}
