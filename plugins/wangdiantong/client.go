package main

import (
	"context"
	"crypto/md5" //nolint:gosec // the vendor's signature is MD5
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/item"
)

// client makes signed calls.
type client struct {
	Address string `json:"address"`
	Sid     string `json:"sid"`
	AppKey  string `json:"appKey"`

	secret string
	http   *erphttp.Client
	clock  *wdt.Clock
}

// call posts a form to an interface after adding sid, appkey, timestamp and sign. A refusal is
// a fault "vendor.<code>" with the vendor's own message; one of the caller while the clocks
// differ is wdt.CodeClock.
func (c *client) call(ctx context.Context, name string, fields map[string]string) (wdt.Answer, error) {
	now := c.clock.Now()
	signed := maps.Clone(fields)
	signed["sid"], signed["appkey"] = c.Sid, c.AppKey
	signed["timestamp"] = strconv.FormatInt(now.Unix(), 10)
	signed["sign"] = sign(c.secret, signed)
	form := make(url.Values, len(signed))
	for name, value := range signed {
		form.Set(name, value)
	}
	reply, err := c.http.Post(ctx, c.Address+"/"+name+".php", "application/x-www-form-urlencoded;charset=UTF-8", nil, []byte(form.Encode()))
	if err != nil {
		return wdt.Answer{}, err
	}
	text, err := reply.JSON()
	if err != nil {
		return wdt.Answer{}, err
	}
	got := wdt.Answer{Body: item.Of(text), Date: reply.Date}
	switch code := got.Body.Field("code").Text(); code {
	case "0":
		return got, nil
	case "":
		return wdt.Answer{}, wdt.Unreadable("the answer is not 旺店通's: it carries no code")
	default:
		no := wdt.Refusal{Code: code, Message: c.http.Redact(got.Body.Field("message").Text())}
		refused := no.Fault().Answered([]byte(c.http.Redact(string(text))))
		if callerRefused(no) {
			return wdt.Answer{}, c.clock.Refused(refused, now, reply.Date)
		}
		return wdt.Answer{}, refused
	}
}

// callerRefused tells refusals that may be due to the timestamp: which of the vendor's
// numbers stands for it is not documented.
func callerRefused(no wdt.Refusal) bool {
	return slices.Contains([]string{"2030", "2060", "2100"}, no.Code) || strings.Contains(strings.ToLower(no.Message), "timestamp") || strings.Contains(no.Message, "时间戳")
}

// sign signs parameters: MD5 over name and value of each, both behind their lengths, in the
// order of the names, and the secret. Lengths count characters, not bytes (public: the open
// platform's guide to signatures; its PHP client counts so).
func sign(secret string, fields map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "sign" {
			value := fields[name]
			parts = append(parts, fmt.Sprintf("%02d-%s:%04d-%s", utf8.RuneCountInString(name), name, utf8.RuneCountInString(value), value))
		}
	}
	sum := md5.Sum([]byte(strings.Join(parts, ";") + secret)) //nolint:gosec // the vendor's signature is MD5
	return hex.EncodeToString(sum[:])
}
