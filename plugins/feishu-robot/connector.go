// Command feishu-robot is the connector of custom robots in groups of 飞书 (Lark):
// it says a message in the robot's group and mentions people there. Where a comment
// names no other source, it is the vendor's page 自定义机器人使用指南
// (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot).
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
	"html"
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
	// defaultAddress is the vendor's in China; Lark has https://open.larksuite.com.
	defaultAddress = "https://open.feishu.cn"
	hookPath       = "/open-apis/bot/v2/hook/"
	// maxBody is the documented 20 KB of a request, which may mean 20,000 bytes.
	maxBody = 20000
	// maxTitle keeps a title to a line or two.
	maxTitle = 200
)

// feishu implements connector.Connector.
type feishu struct{ clock func() time.Time }

func newConnector(clock func() time.Time) feishu { return feishu{clock} }

// Manifest implements connector.Connector.
func (feishu) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (f feishu) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	var g group
	if err := account.Read(&g); err != nil {
		return nil, err
	}
	g.Address = cmp.Or(g.Address, defaultAddress)
	hook, err := robot.Token(account.Secrets["hook"], g.Address, func(u *url.URL) string {
		hook, _ := strings.CutPrefix(u.Path, hookPath)
		return hook
	})
	if err != nil {
		return nil, err
	}
	g.hook, g.secret = hook, account.Secrets["secret"]
	return robot.New(g, host, f.clock, hook, g.secret), nil
}

// group is a robot in its group. It implements robot.Robot.
type group struct {
	Address string `json:"address"`
	// Format is markdown, which makes a card, or text.
	Format string `json:"format"`

	hook, secret string
}

// sign gives the signature of a moment in seconds: base64 of HMAC-SHA256 over nothing,
// with the moment, a line break and the secret as its key.
func sign(secret, moment string) string {
	mac := hmac.New(sha256.New, []byte(moment+"\n"+secret))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// call is the vendor's body.
type call struct {
	Timestamp string   `json:"timestamp,omitempty"`
	Sign      string   `json:"sign,omitempty"`
	MsgType   string   `json:"msg_type,omitempty"`
	Content   *content `json:"content,omitempty"`
	Card      *card    `json:"card,omitempty"`
}

type content struct {
	Text string `json:"text"`
}

// card is a card of the second schema, whose Markdown knows headings.
type card struct {
	Schema string     `json:"schema"`
	Header cardHeader `json:"header"`
	Body   cardBody   `json:"body"`
}

type cardHeader struct {
	Title element `json:"title"`
}

type cardBody struct {
	Elements []element `json:"elements"`
}

type element struct {
	Tag     string `json:"tag"`
	Content string `json:"content"`
}

func (g group) request(body call, at time.Time) call {
	if g.secret != "" {
		body.Timestamp = strconv.FormatInt(at.Unix(), 10)
		body.Sign = sign(g.secret, body.Timestamp)
	}
	return body
}

func (g group) url() string {
	return strings.TrimRight(g.Address, "/") + hookPath + url.PathEscape(g.hook)
}

// Post implements robot.Robot.
func (g group) Post(m message.Message, at time.Time) (robot.Request, error) {
	write := func(text string) []byte { return robot.Body(g.request(g.say(m, text), at)) }
	text := message.Fit(m.Text, maxBody, func(text string) int { return len(write(text)) })
	return robot.Request{URL: g.url(), Body: write(text), Warning: unreachable(m.To)}, nil
}

func (g group) say(m message.Message, text string) call {
	if g.Format == "text" {
		title := message.Cut(message.Line(m.Title), maxTitle)
		return call{MsgType: "text", Content: &content{message.Join("\n", title, text, mention(m.To, `<at user_id="`, `">`))}}
	}
	text = message.Join("\n\n", text, mention(m.To, "<at id=", ">"))
	if text == "" {
		text = m.Heading(maxTitle)
	}
	return call{MsgType: "interactive", Card: &card{
		Schema: "2.0",
		Header: cardHeader{element{"plain_text", m.Heading(maxTitle)}},
		Body:   cardBody{[]element{{"markdown", text}}},
	}}
}

// mention writes the tags for people. A robot knows open ids and user ids only: it
// may not look people up by phone or address, so these are written as plain text.
func mention(people []string, open, end string) string {
	var tags []string
	for _, one := range people {
		one = strings.TrimPrefix(one, "@")
		switch {
		case message.Everybody(one):
			tags = append(tags, open+"all"+end+"</at>")
		case nameless(one):
			tags = append(tags, "@"+one)
		default:
			tags = append(tags, open+html.EscapeString(one)+end+"</at>")
		}
	}
	return strings.Join(tags, " ")
}

// nameless tells of somebody who is named by a phone or an address.
func nameless(person string) bool {
	return message.Phone(person) || strings.ContainsAny(person, "@ <>\"'")
}

func unreachable(people []string) string {
	for _, one := range people {
		if nameless(strings.TrimPrefix(one, "@")) {
			return "people are mentioned by their open id or user id; phones and addresses were written as text"
		}
	}
	return ""
}

// Hollow implements robot.Robot.
func (g group) Hollow(at time.Time) (robot.Request, error) {
	return robot.Request{URL: g.url(), Body: robot.Body(g.request(call{}, at))}, nil
}

// Complains implements robot.Robot: 19002 and 9499 are said of a bad body, 19024 of a
// missing keyword. 9499 is also seen with "too many request".
func (group) Complains(code, words string) bool {
	switch code {
	case "19002", "19024", "11246":
		return true
	case "9499":
		return !strings.Contains(strings.ToLower(words), "too many")
	default:
		return false
	}
}

// Names implements robot.Robot.
func (group) Names() (code, words string) { return "code", "msg" }
