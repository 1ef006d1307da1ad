package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// sealed is an HMAC over text, in base64 over its hexadecimal digits.
func sealed(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))
}

// percent encodes bytes besides those that keep tells.
func percent(text string, keep func(c byte) bool) string {
	var out strings.Builder
	for i := range len(text) {
		if c := text[i]; keep(c) {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

func unreserved(c byte) bool { return plain(c) || c == '~' }

// formValue encodes as java.net.URLEncoder does.
func formValue(text string) string {
	return strings.ReplaceAll(percent(text, func(c byte) bool { return plain(c) || c == '*' || c == ' ' }), " ", "+")
}

// signature is what X-Api-Signature has to be.
func signature(secret, method string, u *url.URL, header http.Header) string {
	var query []string
	for name, values := range u.Query() {
		for _, value := range values {
			query = append(query, percent(name, unreserved)+"="+formValue(value))
		}
	}
	sort.Strings(query)
	for i, pair := range query {
		name, value, _ := strings.Cut(pair, "=")
		query[i] = percent(name, unreserved) + "=" + percent(value, unreserved)
	}
	lines := []string{method, percent(u.Path, unreserved), strings.Join(query, "&")}
	names := signHeaders(header)
	slices.Sort(names)
	for _, name := range names {
		lines = append(lines, name+":"+header.Get(name))
	}
	return sealed(secret, strings.Join(lines, "\n")+"\n")
}

func signHeaders(header http.Header) []string {
	var names []string
	for name := range strings.SplitSeq(header.Get("X-Api-SignHeaders"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// signed refuses a call that is not signed well.
func (v *Vendor) signed(r *http.Request) error {
	ms, err := strconv.ParseInt(r.Header.Get("X-Api-TimeStamp"), 10, 64)
	names := signHeaders(r.Header)
	switch id := r.Header.Get("X-Api-ClientID"); {
	case r.Header.Get("X-Api-Auth-Version") != "2.0":
		return gate(4001, "认证类型不支持")
	case id == "":
		return gate(4002, "应用 ID 为空")
	case id != ClientID:
		return gate(4003, "应用 ID 无效")
	case err != nil || v.clock().Sub(time.UnixMilli(ms)).Abs() > time.Duration(v.o.ClockSeconds)*time.Second:
		return gate(4006, "时间戳无效")
	case !slices.Contains(names, "x-api-nonce") || !slices.Contains(names, "x-api-timestamp"):
		return gate(4007, "签名头无效")
	case r.Header.Get("X-Api-Signature") != signature(ClientSecret, r.Method, r.URL, r.Header):
		return gate(4008, "签名无效")
	}
	return nil
}

func (v *Vendor) token(kind string) string {
	v.issued++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, v.issued))
	return kind + hex.EncodeToString(sum[:12])
}

func (v *Vendor) grantAccess() string {
	token := v.token("ut")
	v.access[token] = v.clock().Add(time.Duration(v.o.AccessSeconds) * time.Second)
	return token
}

func ok(data string) []byte {
	return []byte(`{"errcode":0,"description":"success","data":` + data + `}`)
}

// userToken gives a user's token.
func (v *Vendor) userToken(r *http.Request) ([]byte, error) {
	q := r.URL.Query()
	switch {
	case r.Method != http.MethodGet:
		return nil, gate(5002, "请求方式不支持")
	case q.Get("client_id") == "":
		return nil, gate(4002, "应用 ID 为空")
	case q.Get("client_secret") == "":
		return nil, gate(4004, "应用密钥为空")
	case q.Get("client_id") != ClientID || q.Get("client_secret") != ClientSecret:
		return nil, gate(4005, "应用 ID 或密钥无效")
	case q.Get("username") != Username || q.Get("password") != Password:
		return nil, &refusal{http.StatusOK, 2000000401, "用户名或密码错误"}
	}
	return ok(`{"access_token":"` + v.grantAccess() + `"}`), nil
}

// appSecretNow is the application's secret, which changes.
func (v *Vendor) appSecretNow() string {
	if v.secret == 0 {
		return AppSecret
	}
	return fmt.Sprintf("sbx-app-secret-%d", v.secret+1)
}

// authorise gives the authorisations of an instance, one of another account set among them.
func (v *Vendor) authorise(r *http.Request) ([]byte, error) {
	if err := v.signed(r); err != nil {
		return nil, err
	}
	if r.Method != http.MethodPost {
		return nil, gate(5002, "请求方式不支持")
	}
	if r.URL.Query().Get("outerInstanceId") != InstanceID {
		return ok(`[]`), nil
	}
	one := func(key, secret, account string) string {
		return fmt.Sprintf(`{"appKey":%q,"appSecret":%q,"accountId":%q,"accountName":"沙箱账套","agreementCompanyName":"沙箱公司","serviceId":"S1","outerInstanceId":%q,"domain":%q,"groupName":%q,"status":1}`,
			key, secret, account, InstanceID, Domain, GroupName)
	}
	return ok(`[` + one("OtherKey", "other-secret", "1510000000000000009") + `,` + one(AppKey, v.appSecretNow(), AccountID) + `]`), nil
}

func (v *Vendor) appToken(r *http.Request) ([]byte, error) {
	if err := v.signed(r); err != nil {
		return nil, err
	}
	q := r.URL.Query()
	if q.Get("app_key") != AppKey || q.Get("app_signature") != sealed(v.appSecretNow(), AppKey) {
		return nil, &refusal{http.StatusOK, 1030002006, "授权密钥校验失败，请获取最新密钥加密"}
	}
	token := v.token("at")
	v.apps[token] = v.clock().Add(time.Duration(v.o.AppSeconds) * time.Second)
	return ok(fmt.Sprintf(`{"app-token":%q,"access_token":%q,"domain":%q}`, token, v.grantAccess(), Domain)), nil
}

// admit lets a call of a business interface in.
func (v *Vendor) admit(r *http.Request) error {
	if strings.HasPrefix(r.URL.Path, "/jdy/v2/") {
		return v.byApp(r)
	}
	if !strings.HasPrefix(r.URL.Path, "/jdy/") {
		return gate(5001, "API 不存在")
	}
	signs := r.Header.Get("X-Api-Signature") != ""
	if v.o.V1Takes == "signature" || v.o.V1Takes == "either" && signs {
		if err := v.byApp(r); err != nil {
			return err
		}
	} else if err := v.living(v.access, r.URL.Query().Get("access_token")); err != nil {
		return err
	}
	if r.Header.Get("accountId") != AccountID || r.Header.Get("groupName") != GroupName {
		return gate(5001, "API 不存在")
	}
	return nil
}

// byApp lets a signed call with an app-token in.
func (v *Vendor) byApp(r *http.Request) error {
	if err := v.signed(r); err != nil {
		return err
	}
	if err := v.living(v.apps, r.Header.Get("app-token")); err != nil {
		return err
	}
	if r.Header.Get("X-GW-Router-Addr") != Domain {
		return &refusal{http.StatusNotFound, http.StatusNotFound, "No Route"}
	}
	return nil
}

func (v *Vendor) living(tokens map[string]time.Time, token string) error {
	ends, known := tokens[token]
	switch {
	case token == "":
		return gate(4009, "访问令牌为空")
	case !known:
		return gate(4010, "访问令牌无效")
	case !v.clock().Before(ends):
		return gate(4011, "访问令牌已过期")
	}
	return nil
}
