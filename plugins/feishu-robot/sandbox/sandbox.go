// Package sandbox simulates a custom robot in a group of 飞书: signature, keywords,
// allowed callers, limits and the vendor's own refusals. It knows nothing of the
// connector, so that a mistake there is not repeated here.
//
// It may import the standard library and plugins/internal/robotbox only.
package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/robotbox"
)

// The invented robot every sandbox has.
const (
	Hook   = "0ca5e000-0000-4000-8000-000000000001"
	Secret = "karezsandboxsecret0001" // works in a sandbox only
)

// maxBytes is the documented 20 KB of a request.
const maxBytes = 20 << 10

// New makes a sandbox with the documented limits of 5 messages a second and 100 a minute.
func New(clock func() time.Time) *robotbox.Box {
	return robotbox.New(clock, robotbox.Vendor{
		Credentials: map[string]string{"hook": Hook, "secret": Secret, "format": "markdown"},
		Settings:    robotbox.Settings{PerSecond: 5, PerMinute: 100, Signed: true, ClockSeconds: 3600, RefusalStatus: http.StatusOK},
		Admit:       admit,
		Content:     content,
		TooFast:     *robotbox.Refuse(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"),
		Busy:        *robotbox.Refuse(-1, "internal error"),
		Answer: func(code int, message string) any {
			if code == 0 {
				return map[string]any{"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": struct{}{}, "msg": "success"}
			}
			return map[string]any{"code": code, "data": struct{}{}, "msg": message}
		},
	})
}

func admit(c robotbox.Call) *robotbox.Refusal {
	hook, found := strings.CutPrefix(c.URL.Path, "/open-apis/bot/v2/hook/")
	switch {
	case !found || c.Method != http.MethodPost:
		return robotbox.Refuse(99991663, "not found")
	case hook != Hook:
		return robotbox.Refuse(19001, "param invalid: incoming webhook access token invalid")
	case !c.Allowed():
		return robotbox.Refuse(19022, "Ip Not Allowed")
	case !c.Settings.Signed:
		return nil
	}
	var signed struct {
		Timestamp string `json:"timestamp"`
		Sign      string `json:"sign"`
	}
	if json.Unmarshal(c.Body, &signed) != nil {
		return robotbox.Refuse(9499, "Bad Request")
	}
	moment, err := strconv.ParseInt(signed.Timestamp, 10, 64)
	mac := hmac.New(sha256.New, []byte(signed.Timestamp+"\n"+Secret))
	if err != nil || c.Stale(time.Unix(moment, 0)) || signed.Sign != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return robotbox.Refuse(19021, "sign match fail or timestamp is not within one hour from current time")
	}
	return nil
}

func content(c robotbox.Call) *robotbox.Refusal {
	var message struct {
		MsgType string `json:"msg_type"`
		Content struct {
			Text string `json:"text"`
		} `json:"content"`
		Card struct {
			Schema string `json:"schema"`
			Header struct {
				Title struct {
					Tag     string `json:"tag"`
					Content string `json:"content"`
				} `json:"title"`
			} `json:"header"`
			Body struct {
				Elements []struct {
					Tag     string `json:"tag"`
					Content string `json:"content"`
				} `json:"elements"`
			} `json:"body"`
		} `json:"card"`
	}
	if c.Fields == nil || json.Unmarshal(c.Body, &message) != nil || len(c.Body) > maxBytes {
		return robotbox.Refuse(9499, "Bad Request")
	}
	said := message.Content.Text
	switch {
	case message.MsgType == "":
		return robotbox.Refuse(19002, "params error, msg_type need")
	case message.MsgType == "text" && said == "":
		return robotbox.Refuse(19002, "params error, content need")
	case message.MsgType == "text":
	case message.MsgType != "interactive":
		return robotbox.Refuse(19002, "params error, msg_type unknown")
	case message.Card.Schema != "2.0" || message.Card.Header.Title.Tag != "plain_text" || len(message.Card.Body.Elements) == 0:
		return robotbox.Refuse(11246, "parse card json err")
	default:
		said = message.Card.Header.Title.Content
		for _, e := range message.Card.Body.Elements {
			if e.Tag != "markdown" {
				return robotbox.Refuse(11246, "parse card json err")
			}
			said += "\n" + e.Content
		}
	}
	if !c.Worded(said) {
		return robotbox.Refuse(19024, "Key Words Not Found")
	}
	return nil
}
