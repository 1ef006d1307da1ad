package expr_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/declarative/expr"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func env() expr.Env {
	return expr.Env{Zone: time.FixedZone("", 8*60*60), Values: map[string]item.Value{
		"now":      item.Of([]byte("1714528800")),
		"settings": item.Of([]byte(`{"appId":"ak_demo_12345678","none":""}`)),
		"secrets":  item.Of([]byte(`{"key":"demosecret0001"}`)),
		"params":   item.Of([]byte(`{"b": 2,"a":"x y","list":["单",1],"blank":"","null":null,"yes":true,"big":12345678901234567.8900}`)),
		"text":     item.Of([]byte(`"{\"n\":1}"`)),
	}}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`plain`:                                                  `"plain"`,
		`{{params.b}}`:                                           `2`,
		`{{ params.big }}`:                                       `12345678901234567.8900`,
		`n{{params.b}}!`:                                         `"n2!"`,
		`{{params.missing}}`:                                     ``,
		`<{{params.missing}}>`:                                   `"<>"`,
		`{{params.list}}`:                                        `["单",1]`,
		`{{params.list.0}}`:                                      `"单"`,
		`{{'it''s'}}`:                                            `"it's"`,
		`{{'a\nb'}}`:                                             `"a\nb"`,
		`{{params.a + '-' + params.b}}`:                          `"x y-2"`,
		`{{params.a + params.b | upper}}`:                        `"X Y2"`,
		`{{(params.a | upper) + params.a}}`:                      `"X Yx y"`,
		`{{params.missing | default 'd'}}`:                       `"d"`,
		`{{params.b | default 'd'}}`:                             `2`,
		`{{params.a | replace ' ' '_'}}`:                         `"x_y"`,
		`{{'s:t:u' | before ':'}}`:                               `"s"`,
		`{{'s:t:u' | after ':'}}`:                                `"t:u"`,
		`{{'s' | after ':'}}`:                                    `""`,
		`{{params.a | escape}}`:                                  `"x+y"`,
		`{{params.a | base64}}`:                                  `"eCB5"`,
		`{{now | add -1325347200}}`:                              `389181600`,
		`{{now | datetime}}`:                                     `"2024-05-01 10:00:00"`,
		`{{now | date}}`:                                         `"2024-05-01"`,
		`{{now | compact}}`:                                      `"20240501100000"`,
		`{{now | iso}}`:                                          `"2024-05-01T10:00:00+08:00"`,
		`{{now | unixMs}}`:                                       `"1714528800000"`,
		`{{params.b | when 2 'two' 'other'}}`:                    `"two"`,
		`{{params.b | when 3 'two' 'other'}}`:                    `"other"`,
		`{{params.b | when 3 'two'}}`:                            ``,
		`{{text | open}}`:                                        `{"n":1}`,
		`{{params.b | list}}`:                                    `[2]`,
		`{{params.missing | list}}`:                              `[]`,
		`{{params.list | first}}`:                                `"单"`,
		`{{params | only 'b' 'a'}}`:                              `{"b":2,"a":"x y"}`,
		`{{params | without 'a' 'list' 'big'}}`:                  `{"b":2,"blank":"","null":null,"yes":true}`,
		`{{params | pairs '=' '&'}}`:                             `"a=x y&b=2&big=12345678901234567.8900&list=[\"单\",1]&yes=true"`,
		`{{params | only 'list' | json}}`:                        `"{\"list\":[\"单\",1]}"`,
		`{{'abc' | md5}}`:                                        `"900150983cd24fb0d6963f7d28e17f72"`,
		`{{'abc' | sha1}}`:                                       `"a9993e364706816aba3e25717850c26c9cd0d89d"`,
		`{{'abc' | sha256}}`:                                     `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`,
		`{{'what do ya want for nothing?' | hmacMd5 'Jefe'}}`:    `"750c783e6ab0b503eaa86e310a5db738"`,
		`{{'what do ya want for nothing?' | hmacSha1 'Jefe'}}`:   `"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"`,
		`{{'what do ya want for nothing?' | hmacSha256 'Jefe'}}`: `"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"`,
		`{{'68656c6c6f' | hexToBase64}}`:                         `"aGVsbG8="`,
	} {
		template, err := expr.Compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := template.Value(env())
		if err != nil || string(got.Raw()) != want {
			t.Errorf("%s is %s, want %s: %v", text, got.Raw(), want, err)
		}
	}
}

// TestSignaturesOfVendors has signatures of the references, written down as a definition does.
func TestSignaturesOfVendors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ values, text, want string }{
		// J-N3: secret in front of sorted names and values.
		"聚水潭 refreshToken": {
			`{"app_key":"demoappkey0001","timestamp":"1714528800","grant_type":"refresh_token","charset":"utf-8","refresh_token":"demorefresh01","scope":"all"}`,
			`{{secrets.key + (v | pairs '' '') | md5}}`, "b8c71b1366c3b68f49396035310cda52",
		},
		// Q-1 … Q-3 of 企业奇门.
		"奇门 md5":         {top("md5"), `{{'demotopsecret' + (v | pairs '' '') + 'demotopsecret' | md5 | upper}}`, "753699A12377F7A0485D5E3127867DF6"},
		"奇门 hmac":        {top("hmac"), `{{v | pairs '' '' | hmacMd5 'demotopsecret' | upper}}`, "6CF322119C286452180322F7DF360F00"},
		"奇门 hmac-sha256": {top("hmac-sha256"), `{{v | pairs '' '' | hmacSha256 'demotopsecret' | upper}}`, "4435C865C822ED8C1B6E98FDA82EF37174B3DB0CDD227301FCD9CF7B9D0794F3"},
		"管易云": {
			`{"appkey":"demo","sessionkey":"sess","method":"gy.erp.shop.get","page_no":1,"page_size":10}`,
			`{{'sec' + (v | json) + 'sec' | md5 | upper}}`, "8508BC834DB4AFB1619EA9D71D86DCBA",
		},
	} {
		template, err := expr.Compile(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := template.Value(env().With("v", item.Of([]byte(tt.values))))
		if err != nil || got.Text() != tt.want {
			t.Errorf("%s: %s, want %s: %v", name, got.Text(), tt.want, err)
		}
	}
}

func top(method string) string {
	return `{"sign_method":"` + method + `","method":"wdt.trade.query","app_key":"21000001","target_app_key":"21363512","sid":"demosid","format":"json","v":"2.0",` +
		`"timestamp":"2024-05-01 10:00:00","start_time":"2024-05-01 09:00:00","end_time":"2024-05-01 10:00:00","page_no":0,"page_size":100}`
}

func TestAESKnownAnswer(t *testing.T) {
	t.Parallel()
	// One block of FIPS-197's kind with a block of padding behind it; the value is of openssl
	// enc -aes-128-ecb -K 616b5f64656d6f5f3132333435363738 -base64.
	template, err := expr.Compile(`{{'900150983CD24FB0D6963F7D28E17F72' | aesEcb settings.appId}}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := template.Value(env())
	if want := "uu1OF9MGqNv1WuwrNICDW2034ZN/b8efECw/WjSFbpfznR4Z5dWgdlyoXG1YNyZr"; err != nil || got.Text() != want {
		t.Errorf("%s, want %s: %v", got.Text(), want, err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{{`:                                   "missing, at character 3",
		`a{{b`:                                 "}} is missing, at character 5",
		`{{a b}}`:                              "}} is missing",
		`{{'a}}`:                               "not closed",
		`{{(a}}`:                               ") is missing",
		`{{a | sing}}`:                         `no function "sing"`,
		`{{a | md5 'b'}}`:                      "md5 takes 0 arguments",
		`{{a | pairs ''}}`:                     "pairs takes 2 arguments",
		`{{a +}}`:                              "missing",
		`{{a |}}`:                              "no function",
		`{{` + strings.Repeat("(", 30) + `a}}`: "parentheses",
	} {
		_, err := expr.Compile(text)
		if f := fault.From(err); err == nil || f.Code != "definition.expression" || f.Class != fault.Config || !strings.Contains(f.Message, want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{{params.a | add 1}}`, `{{params.a | datetime}}`, `{{params.list | pairs '' ''}}`, `{{params.a | open}}`, `{{params.a | only 'x'}}`,
		`{{params.a | hexToBase64}}`, `{{params.a | aesEcb 'short'}}`, `x{{params.a | add 1}}`, `{{params.a | replace params.blank 'x'}}`,
		`{{params.blank | unixMs}}`, `{{params.a | unixMs}}`,
		`{{secrets.key | add 1}}`, `{{1 | add secrets.key}}`, `{{secrets.key | datetime}}`, `{{secrets.key | hexToBase64}}`, `{{secrets.key | open}}`,
	} {
		template, err := expr.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = template.Value(env())
		if f := fault.From(err); err == nil || f.Code != "definition.value" || f.Class != fault.Data || !f.NotApplied {
			t.Errorf("%s: %v", text, err)
		}
		if strings.Contains(err.Error(), "demosecret0001") {
			t.Errorf("%s tells the secret: %v", text, err)
		}
	}
}

// TestValuesAreBounded has values that double, or multiply, with each step.
func TestValuesAreBounded(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"sums":     `{{v + v}}`,
		"texts":    `{{v}}{{v}}`,
		"replaced": `{{v | replace 'a' v}}`,
		"pairs":    `{{'{"a":1,"b":2,"c":3}' | open | pairs v v}}`,
		"escaped":  `{{'&' + v | escape}}{{v | base64}}`,
	} {
		template, err := expr.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		e, big := env(), item.Of(item.AppendText(nil, strings.Repeat("ab", 1<<23)))
		for range 10 {
			var value item.Value
			if value, err = template.Value(e.With("v", big)); err != nil {
				break
			}
			big = value
		}
		if f := fault.From(err); err == nil || f.Code != "definition.value" || f.Class != fault.Data || len(f.Message) > 200 || len(big.Raw()) > expr.MostBytes+2 {
			t.Errorf("%s: a value of %d bytes: %v", name, len(big.Raw()), err)
		}
	}
}

func TestPathsAreTold(t *testing.T) {
	t.Parallel()
	template, err := expr.Compile(`{{a.b + (c | hmacMd5 d.e)}}-{{f}}`)
	if err != nil || strings.Join(template.Paths(), " ") != "a.b c d.e f" || template.Constant() {
		t.Errorf("%v %v", template.Paths(), err)
	}
}

// TestAnyTextEnds has no text bring a panic or a fault without a code.
func TestAnyTextEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{
			"{{", "}}", "params", ".a", ".list", "|", "md5", " ", "'", "x", "(", ")", "+", "pairs", "only", "json", "add", "1", "-", "default", "单", "\\n", "open", "first",
		})).Draw(t, "parts")
		template, err := expr.Compile(strings.Join(parts, ""))
		if err == nil {
			_, err = template.Value(env())
		}
		if err != nil && !strings.HasPrefix(fault.CodeOf(err), "definition.") {
			t.Error(err)
		}
	})
}
