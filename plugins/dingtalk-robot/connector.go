// Command dingtalk-robot is the connector of custom robots in groups of 钉钉
// (open.dingtalk.com, "自定义机器人接入"): it says a message in the robot's group and
// mentions people there.
//
// It may import the standard library, the sdk and plugins/internal only, and the
// sandbox only where the program is put together.
package main

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/plugins/internal/robot"
	"github.com/karezflow/karez/sdk/connector"
)

//go:embed manifest.yaml
var manifestYAML string

const (
	// defaultAddress is the vendor's; a company's own 专属钉钉 may have another.
	defaultAddress = "https://oapi.dingtalk.com"
	// maxBody is where the vendor refuses (460101, "message too long, exceed 20000
	// bytes"). Whether it measures the body or the text alone is not documented, so
	// the whole body is kept below it.
	maxBody = 20000
	// maxTitle keeps a title, which shows in the list of chats, to a line or two.
	maxTitle = 200
)

// dingtalk implements connector.Connector.
type dingtalk struct{ clock func() time.Time }

func newConnector(clock func() time.Time) dingtalk { return dingtalk{clock} }

// Manifest implements connector.Connector.
func (dingtalk) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (d dingtalk) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	var g group
	if err := account.Read(&g); err != nil {
		return nil, err
	}
	g.Address = cmp.Or(g.Address, defaultAddress)
	token, err := robot.Token(account.Secrets["accessToken"], g.Address, func(u *url.URL) string { return u.Query().Get("access_token") })
	if err != nil {
		return nil, err
	}
	g.token, g.secret = token, account.Secrets["secret"]
	return robot.New(g, host, d.clock, token, g.secret), nil
}

// group is a robot in its group. It implements robot.Robot.
type group struct {
	Address string `json:"address"`
	// Format is markdown, or text.
	Format string `json:"format"`

	token, secret string
}

// sign gives the signature of a moment in milliseconds: base64 of HMAC-SHA256 with
// the secret over the moment, a line break and the secret
// (open.dingtalk.com/document/orgapp/customize-robot-security-settings, "加签").
func sign(secret, moment string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(moment + "\n" + secret)) // a hash takes everything
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// address is the robot's, signed for a moment if it has a secret.
func (g group) address(at time.Time) string {
	query := url.Values{"access_token": {g.token}}
	if g.secret != "" {
		moment := strconv.FormatInt(at.UnixMilli(), 10)
		query.Set("timestamp", moment)
		query.Set("sign", sign(g.secret, moment))
	}
	return strings.TrimRight(g.Address, "/") + "/robot/send?" + query.Encode()
}

// call is the vendor's body
// (open.dingtalk.com/document/orgapp/custom-bot-send-message-type).
type call struct {
	MsgType  string    `json:"msgtype"`
	Text     *content  `json:"text,omitempty"`
	Markdown *markdown `json:"markdown,omitempty"`
	At       *mentions `json:"at,omitempty"`
}

type content struct {
	Content string `json:"content"`
}

type markdown struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// mentions are the people who are told. Who is named neither by a phone nor as
// everybody is taken for a user id.
type mentions struct {
	AtMobiles []string `json:"atMobiles,omitempty"`
	AtUserIDs []string `json:"atUserIds,omitempty"`
	IsAtAll   bool     `json:"isAtAll,omitempty"`
}

// Post implements robot.Robot.
func (g group) Post(m message.Message, at time.Time) (robot.Request, error) {
	told, names := mention(m.To)
	text := message.Fit(m.Text, maxBody, func(text string) int { return len(robot.Body(g.body(m, text, names, told))) })
	return robot.Request{URL: g.address(at), Body: robot.Body(g.body(m, text, names, told))}, nil
}

func (g group) body(m message.Message, text, names string, told *mentions) call {
	title := m.Heading(maxTitle)
	if g.Format == "text" {
		return call{MsgType: "text", Text: &content{message.Join("\n", message.Cut(message.Line(m.Title), maxTitle), text, names)}, At: told}
	}
	heading := ""
	if m.Title != "" {
		heading = "### " + title
	}
	// The title shows in the list of chats only, so the text begins with it.
	return call{MsgType: "markdown", Markdown: &markdown{Title: title, Text: message.Join("\n\n", heading, text, names)}, At: told}
}

// mention gives the people to tell, and their names as a Markdown message has to hold
// them for the mention to show (same page, "atMobiles").
func mention(people []string) (*mentions, string) {
	if len(people) == 0 {
		return nil, ""
	}
	told, names := &mentions{}, make([]string, 0, len(people))
	for _, one := range people {
		one = strings.TrimPrefix(one, "@")
		switch {
		case message.Everybody(one):
			told.IsAtAll = true
			continue
		case message.Phone(one):
			told.AtMobiles = append(told.AtMobiles, one)
		default:
			told.AtUserIDs = append(told.AtUserIDs, one)
		}
		names = append(names, "@"+one)
	}
	return told, strings.Join(names, " ")
}

// Hollow implements robot.Robot.
func (g group) Hollow(at time.Time) (robot.Request, error) {
	return robot.Request{URL: g.address(at), Body: []byte(`{"msgtype":"text"}`)}, nil
}

// Complains implements robot.Robot. 40035 is said of a missing body and of a missing
// token, 310000 of everything that the robot's security settings refuse.
func (group) Complains(code, words string) bool {
	switch code {
	case "400602", "400105":
		return true
	case "40035":
		return !strings.Contains(words, "access_token")
	case "310000":
		return strings.Contains(words, "keyword") || strings.Contains(words, "关键词")
	default:
		return false
	}
}

// Names implements robot.Robot.
func (group) Names() (code, words string) { return "errcode", "errmsg" }
