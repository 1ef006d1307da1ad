package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// The invented account of the sandbox.
const (
	acctID    = "5f0000000000aa"
	username  = "demo"
	password  = "sandbox-password"
	appID     = "900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
	appSecret = "sandboxsecret0000000000000000001"
)

const sessionName = "kdservice-sessionid"

// codeBadSign is the MessageCode of a login whose signature does not match.
const codeBadSign = "002005000003016"

// login is what one of the login methods was given.
type login struct{ acct, user, password, appID, appSecret, timestamp, sign string }

// readLogin reads named members in any case, or the positional parameters.
func readLogin(method string, root item.Value) (login, bool) {
	names := map[string][]string{
		"validateuser":     {"acctid", "username", "password", "lcid"},
		"loginbyappsecret": {"acctid", "username", "appid", "appsecret", "lcid"},
		"loginbysign":      {"acctid", "username", "appid", "timestamp", "sign", "lcid"},
	}[method]
	given := map[string]string{}
	args, positional, ok := arguments(root)
	if !ok || positional && len(args) < len(names)-1 {
		return login{}, false
	}
	for i, name := range names {
		if !positional {
			given[name] = root.FieldFold(name).Text()
		} else if i < len(args) {
			given[name] = args[i].Text()
		}
	}
	return login{
		given["acctid"], given["username"], given["password"], given["appid"], given["appsecret"],
		given["timestamp"], given["sign"],
	}, true
}

// login serves AuthService. The caller holds mu.
func (s *Sandbox) login(w http.ResponseWriter, method string, root item.Value) {
	given, ok := readLogin(method, root)
	if !ok {
		s.refuseLogin(w, "", "请求参数不正确")
		return
	}
	now := s.clock()
	if s.lockedUntil.After(now) {
		s.refuseLogin(w, "", fmt.Sprintf("用户已被锁定，请%d分钟后再试", int(s.lockedUntil.Sub(now).Minutes())+1))
		return
	}
	if given.acct != acctID {
		s.refuseLogin(w, "", "数据中心不存在")
		return
	}
	if code, message := s.refusal(method, given); message != "" {
		s.failures++
		if s.set.LockAfter > 0 && s.failures >= s.set.LockAfter {
			s.lockedUntil, s.failures = now.Add(time.Duration(s.set.LockMinutes)*time.Minute), 0
		}
		s.refuseLogin(w, code, message)
		return
	}
	s.failures = 0
	s.counts["logins"]++
	id := s.begin(now)
	giveSession(w, id)
	w.Header().Add("Set-Cookie", "ASP.NET_SessionId="+strings.ReplaceAll(id, "-", "")[:24]+"; path=/; HttpOnly")
	send(w, encode(s.welcome(id)))
}

// refusal gives why credentials are refused; an empty message means they are good.
func (s *Sandbox) refusal(method string, given login) (code, message string) {
	const wrong = "用户名或密码错误"
	switch {
	case given.user != username:
		return "", wrong
	case method == "validateuser" && given.password != password:
		return "", wrong
	case method == "loginbyappsecret" && (given.appID != appID || given.appSecret != appSecret):
		return "", "应用ID或应用密钥错误"
	case method == "loginbysign":
		seconds, err := strconv.ParseInt(given.timestamp, 10, 64)
		age := s.clock().Sub(time.Unix(seconds, 0)).Abs()
		stale := s.set.SignWindowSeconds > 0 && age > time.Duration(s.set.SignWindowSeconds)*time.Second
		if err != nil || stale || given.appID != appID || given.sign != sign(given.timestamp) {
			return codeBadSign, "签名错误"
		}
	}
	return "", ""
}

// sign is what a correct LoginBySign sends: SHA-256 over the five texts in byte order.
func sign(timestamp string) string {
	parts := []string{acctID, username, appID, appSecret, timestamp}
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func (s *Sandbox) refuseLogin(w http.ResponseWriter, code, message string) {
	s.counts["loginsRefused"]++
	send(w, encode(map[string]any{
		"Message": message, "MessageCode": code, "LoginResultType": 0, "Context": nil,
		"KDSVCSessionId": nil, "FormId": nil, "IsSuccessByAPI": false,
	}))
}

// begin starts a session. Ids count up, so that a run can be repeated exactly.
func (s *Sandbox) begin(now time.Time) string {
	s.lastSession++
	id := fmt.Sprintf("5e551000-0000-4000-8000-%012x", s.lastSession)
	s.sessions[id] = now
	return id
}

// giveSession sets the session's cookie with the attributes that the server gives it.
func giveSession(w http.ResponseWriter, id string) {
	w.Header().Add("Set-Cookie", sessionName+"="+id+"; path=/")
}

func (s *Sandbox) welcome(id string) map[string]any {
	var message any
	if s.set.LoginResult != 1 {
		message = "密码即将过期，请及时修改"
	}
	zoneInfo := map[string]any{"OffsetTicks": 288000000000, "StandardName": "China Standard Time", "Id": 230, "Number": "1078_SYS", "CanBeUsed": true}
	return map[string]any{
		"Message": message, "MessageCode": "CheckPasswordPolicy", "LoginResultType": s.set.LoginResult,
		"Context": map[string]any{
			"UserLocale": "zh-CN", "LogLocale": "zh-CN", "DBid": acctID, "DatabaseType": 3,
			"SessionId": strings.ReplaceAll(id, "-", "")[:24], "UserId": 100001, "UserName": username, "CustomName": "沙箱",
			"DisplayVersion": "8.2.0", "DataCenterName": "沙箱账套", "DataCenterNumber": "SBX", "TenantId": "", "UserToken": id,
			"CurrentOrganizationInfo": map[string]any{"ID": 100001, "AcctOrgType": "1", "Name": "沙箱组织", "FunctionIds": []int{101, 102, 103}},
			"UseLanguages":            []any{map[string]any{"LocaleId": 2052, "LocaleName": "中文(简体)", "Alias": "CN", "LicenseType": 0}},
			"UTimeZone":               zoneInfo, "STimeZone": zoneInfo, "ClientType": 32, "Gsid": id,
		},
		"KDSVCSessionId": id, "FormId": nil, "RedirectFormParam": nil, "FormInputObject": nil, "ErrorStackTrace": nil,
		"Lcid": 0, "AccessToken": nil, "CustomParam": nil, "KdAccessResult": nil, "IsSuccessByAPI": true,
	}
}

// session gives the live session a request carries and extends it: by cookie, by
// the header of the same name, or by SID. The caller holds mu.
func (s *Sandbox) session(r *http.Request) (string, bool) {
	candidates := []string{r.Header.Get(sessionName), r.Header.Get("SID")}
	for _, c := range r.CookiesNamed(sessionName) {
		candidates = append(candidates, c.Value)
	}
	now := s.clock()
	for _, id := range candidates {
		last, ok := s.sessions[id]
		if !ok || id == "" {
			continue
		}
		if now.Sub(last) > time.Duration(s.set.SessionTTLSeconds)*time.Second || s.set.SessionLoss > 0 {
			delete(s.sessions, id)
			s.set.SessionLoss = max(0, s.set.SessionLoss-1)
			return "", false
		}
		s.sessions[id] = now
		return id, true
	}
	return "", false
}
