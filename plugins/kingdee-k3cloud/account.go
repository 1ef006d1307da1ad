package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/internal/apisign"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// The ways to log in, as the setting names them.
const (
	byPassword  = "password"
	byAppSecret = "appSecret"
	bySign      = "sign"
	// byEachCall signs every call and logs in never.
	byEachCall = "apiSign"
)

// account is the connection's settings.
type account struct {
	base                       string
	acct, user, login          string
	password, appID, appSecret string
	org                        string
	lcid                       int
	credentials                string
}

func readAccount(a connector.Account) (account, error) {
	var given struct {
		Address  string          `json:"address"`
		AcctID   string          `json:"acctId"`
		Username string          `json:"username"`
		Login    string          `json:"login"`
		AppID    string          `json:"appId"`
		OrgNum   string          `json:"orgNum"`
		LCID     json.RawMessage `json:"lcid"`
	}
	if err := json.Unmarshal(a.Settings, &given); err != nil {
		return account{}, fault.New("k3cloud.settings_invalid", "the settings of the connection are not an object of texts").Classed(fault.Config)
	}
	base, err := baseURL(given.Address)
	if err != nil {
		return account{}, err
	}
	language := strings.Trim(strings.TrimSuffix(string(given.LCID), "null"), `" `)
	lcid, err := strconv.Atoi(cmp.Or(language, "2052"))
	if err != nil {
		return account{}, fault.New("k3cloud.settings_invalid", "the language must be a number such as 2052").At("lcid").Classed(fault.Config)
	}
	out := account{
		base: base, acct: strings.TrimSpace(given.AcctID), user: given.Username, login: cmp.Or(given.Login, byPassword), lcid: lcid,
		password: a.Secrets["password"], appID: strings.TrimSpace(given.AppID), appSecret: a.Secrets["appSecret"], org: strings.TrimSpace(given.OrgNum),
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{
		out.base, out.acct, out.user, out.login, out.password, out.appID, out.appSecret, strconv.Itoa(lcid),
	}, "\x00")))
	out.credentials = hex.EncodeToString(sum[:])
	return out, nil
}

// baseURL accepts what people paste: the server, the product's folder, or a page
// below it.
func baseURL(address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fault.New("k3cloud.address_invalid", "the address must be a URL such as https://erp.example.com/k3cloud/").
			At("address").Classed(fault.Config)
	}
	folder := u.Path
	if at := strings.Index(strings.ToLower(folder), "/k3cloud"); at >= 0 {
		folder = folder[:at+len("/k3cloud")]
	}
	folder = strings.TrimSuffix(folder, "/")
	if folder == "" {
		folder = "/k3cloud"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: folder + "/"}).String(), nil
}

// request gives the login method and its positional parameters.
func (a *account) request(now time.Time) (method string, body []byte, err error) {
	parameters := []string{a.acct, a.user}
	switch a.login {
	case byPassword:
		method, parameters = "ValidateUser", append(parameters, a.password)
	case byAppSecret:
		method, parameters = "LoginByAppSecret", append(parameters, a.appID, a.appSecret)
	case bySign:
		at := strconv.FormatInt(now.Unix(), 10)
		method, parameters = "LoginBySign", append(parameters, a.appID, at, a.sign(at))
	default:
		return "", nil, fault.New("k3cloud.settings_invalid", "there is no way to log in named %q", a.login).At("login").Classed(fault.Config)
	}
	if slices.Contains(parameters, "") {
		return "", nil, incomplete()
	}
	body = []byte(`{"parameters":[`)
	for _, p := range parameters {
		body = append(item.AppendText(body, p), ',')
	}
	return method, append(strconv.AppendInt(body, int64(a.lcid), 10), `]}`...), nil
}

func incomplete() error {
	return fault.New("k3cloud.settings_incomplete", "the connection lacks a setting that this way to log in needs").
		Classed(fault.Config).Hinted("fill in account set, user and the password or the application's id and secret")
}

// app is the application that signs each call.
func (a *account) app() (apisign.App, error) {
	if slices.Contains([]string{a.acct, a.user, a.appID, a.appSecret}, "") {
		return apisign.App{}, incomplete()
	}
	return apisign.App{ID: a.appID, Secret: a.appSecret, Acct: a.acct, User: a.user, LCID: a.lcid, Org: a.org}, nil
}

// sign is the signature of LoginBySign: SHA-256 over the five texts in byte
// order, without a separator, in small hexadecimal digits. The rule is the one
// that public clients in Go, Java and Python agree on.
func (a *account) sign(timestamp string) string {
	parts := []string{a.acct, a.user, a.appID, a.appSecret, timestamp}
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}
