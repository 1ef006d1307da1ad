package draft_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/declarative/draft"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

const openapi3 = `
openapi: 3.0.3
info: {title: 样例订单系统, version: "1"}
servers: [{url: "https://{region}.orders.example.com/api/v2", variables: {region: {default: cn}}}]
security: [{key: []}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Api-Key}
    login: {type: oauth2, flows: {}}
  schemas:
    Order:
      type: object
      required: [number]
      properties:
        number: {type: string, description: 订单号}
        total: {type: number}
        paid: {type: boolean}
        made: {type: string, format: date-time}
        lines: {type: array, items: {$ref: "#/components/schemas/Line"}}
        parent: {$ref: "#/components/schemas/Order"}
    Line: {type: object, properties: {sku: {type: string}, qty: {type: integer}}}
paths:
  /orders:
    parameters: [{name: tenant, in: query, schema: {type: string}}]
    get:
      operationId: listOrders
      summary: 查询订单
      parameters:
        - {name: page, in: query, required: true, schema: {type: integer}}
        - {name: page_size, in: query, schema: {type: integer}}
        - {name: access_token, in: query, schema: {type: string}}
      responses:
        "200":
          content:
            application/json:
              schema:
                type: object
                properties:
                  code: {type: integer, example: 0}
                  data: {type: object, properties: {total: {type: integer}, list: {type: array, items: {$ref: "#/components/schemas/Order"}}}}
    post:
      operationId: createOrder
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"201": {description: made}}
  /orders/{order-id}/notes:
    get:
      parameters: [{name: order-id, in: path, required: true, schema: {type: string}}, {name: X-Trace, in: header, schema: {type: string}}]
      responses: {"200": {content: {application/json: {schema: {type: array, items: {type: object, properties: {text: {type: string}}}}}}}}
    delete: {responses: {}}
`

const swagger2 = `{"swagger":"2.0","info":{"title":"Depot","version":"1"},"host":"depot.example.com","basePath":"/rest","schemes":["http"],
"securityDefinitions":{"who":{"type":"basic"}},
"paths":{"/stock/search":{"post":{"parameters":[{"in":"body","name":"body","schema":{"type":"object","properties":{"offset":{"type":"integer"},"limit":{"type":"integer"}}}}],
"responses":{"200":{"schema":{"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"string"}}}}}}}}}},
"/move":{"post":{"consumes":["application/x-www-form-urlencoded"],"parameters":[{"in":"formData","name":"sku","type":"string","required":true}],"responses":{}}}}}`

const postman = `{"info":{"name":"CRM 样例","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
"variable":[{"key":"baseUrl","value":"https://crm.example.com/v1/"}],"auth":{"type":"bearer"},
"item":[{"name":"客户","item":[
 {"name":"List customers","request":{"method":"GET","url":{"raw":"{{baseUrl}}/customers?cursor={{next}}&limit=10"},"header":[{"key":"X-Tenant","value":"t1"}]},
  "response":[{"code":200,"body":"{\"customers\":[{\"id\":7,\"name\":\"张样\",\"vip\":true}],\"next_cursor\":\"abc\"}"}]},
 {"name":"Update","request":{"method":"PUT","url":"{{baseUrl}}/customers/:customerId","header":[],"auth":{"type":"apikey","apikey":[{"key":"key","value":"X-Secret-Key"},{"key":"value","value":"S3CRET"},{"key":"in","value":"header"}]},
  "body":{"mode":"raw","raw":"{\"name\":{{name}},\"level\":2}"}}},
 {"name":"Upload","request":{"method":"POST","url":"{{baseUrl}}/files","body":{"mode":"formdata"}}}]}]}`

const curl = `curl 'https://api.shop.example.com:8443/open/order/query?sign=ABCDEF&app_key=K-123&page_no=1' \
  -X POST -H 'Content-Type: application/json' -H "Authorization: Bearer eyJ-S3CRET" -H 'X-Shop: 7' -b 'sid=COOKIE-S3CRET' --compressed \
  --data-raw '{"start":"2024-05-01 00:00:00","page_size":20,"filter":{"state":"paid"},"note":"it'\''s"}'`

const curlAnswer = `{"code":"200","msg":"ok","data":{"total":1,"rows":[{"order_no":"A1","amount":12.50,"lines":[{"sku":"S"}]}]}}`

func load(t *testing.T, d *draft.Draft, err error) *declarative.Definition {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	of, err := declarative.Parse(d.Manifest, d.Definition)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, d.Manifest, d.Definition)
	}
	for _, open := range d.Open {
		if !strings.Contains(string(d.Definition), "# - "+open+"\n") || !strings.Contains(string(d.Manifest), "# - "+open+"\n") {
			t.Errorf("the files do not say %q", open)
		}
	}
	for _, secret := range []string{"S3CRET", "ABCDEF", "K-123"} {
		if strings.Contains(string(d.Manifest)+string(d.Definition)+strings.Join(d.Open, "\n"), secret) {
			t.Errorf("%s is written down", secret)
		}
	}
	return of
}

func operation(t *testing.T, d *declarative.Definition, name string) manifest.Operation {
	t.Helper()
	o, ok := d.Manifest.Operation(name)
	if !ok {
		var names []string
		for _, o := range d.Manifest.Operations {
			names = append(names, o.Name)
		}
		t.Fatalf("no operation %s among %v", name, names)
	}
	return *o
}

// says wants words among what is left to a person.
func says(t *testing.T, d *draft.Draft, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(strings.Join(d.Open, "\n"), w) {
			t.Errorf("nothing says %q:\n%s", w, strings.Join(d.Open, "\n"))
		}
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	d, err := draft.OpenAPI("", []byte(openapi3))
	of := load(t, d, err)
	if m := of.Manifest; m.ID != "example" || m.Title.ZH != "样例订单系统" || m.Settings[0].Default != "https://cn.orders.example.com/api/v2" || len(m.Settings) != 4 || !m.Settings[1].Secret {
		t.Errorf("%+v", of.Manifest.Settings)
	}
	list := operation(t, of, "listOrders")
	if p := list.Paging; list.Kind != manifest.Query || list.Title.ZH != "查询订单" || p.Strategy != manifest.ByPage || p.Number != "page" || p.Size != "page_size" ||
		field.Find(list.Request, "tenant") == nil || !field.Find(list.Request, "page").Required || field.Find(list.Request, "access_token") != nil ||
		field.Find(list.Response, "lines.sku") == nil || field.Find(list.Response, "made").Type != field.Datetime {
		t.Errorf("%+v", list)
	}
	answer := of.Operations["listOrders"].Answer
	if answer.Rows[0] != "data.list" || answer.Total[0] != "data.total" || answer.OK.Path != "code" || answer.OK.Values[0] != "0" {
		t.Errorf("%+v", answer)
	}
	create := operation(t, of, "createOrder")
	if create.Kind != manifest.Write || create.Writing.Create.Class != manifest.NoKey || !field.Find(create.Request, "number").Required || field.Find(create.Request, "lines").Type != field.Array {
		t.Errorf("%+v", create)
	}
	notes := operation(t, of, "orders/notes")
	if of.Operations["orders/notes"].Answer.Rows[0] != declarative.Whole || field.Find(notes.Request, "orderId") == nil || of.Check.Operation != "listOrders" {
		t.Errorf("%+v, checked by %s", notes, of.Check.Operation)
	}
	says(t, d, "DELETE /orders/{order-id}/notes", "createOrder.writing", "limits", "token: how a token is had")
}

func TestSwagger(t *testing.T) {
	t.Parallel()
	d, err := draft.OpenAPI("depot-two", []byte(swagger2))
	of := load(t, d, err)
	if of.Manifest.ID != "depot-two" || of.Manifest.Settings[0].Default != "http://depot.example.com/rest" || len(of.Manifest.Settings) != 3 {
		t.Errorf("%+v", of.Manifest.Settings)
	}
	if search := operation(t, of, "stock/search"); search.Kind != manifest.Query || search.Paging.Strategy != manifest.ByOffset || of.Operations["stock/search"].Answer.Rows[0] != "items" {
		t.Errorf("%+v", search)
	}
	form := of.Operations["move"].Request.Form
	if move := operation(t, of, "move"); move.Kind != manifest.Write || !form.Given() {
		t.Errorf("%+v", move)
	}
	says(t, d, "stock/search.kind: it is taken for one that reads", "move.kind: it is taken for one that writes")
}

func TestPostman(t *testing.T) {
	t.Parallel()
	d, err := draft.Postman("", []byte(postman))
	of := load(t, d, err)
	if of.Manifest.ID != "example" || of.Manifest.Settings[0].Default != "https://crm.example.com" {
		t.Errorf("%+v", of.Manifest)
	}
	list := operation(t, of, "v1/customers")
	if list.Paging.Strategy != manifest.ByCursor || of.Operations["v1/customers"].Answer.Rows[0] != "customers" || of.Operations["v1/customers"].Answer.Next[0] != "next_cursor" ||
		field.Find(list.Response, "vip").Type != field.Bool {
		t.Errorf("%+v %+v", list, of.Operations["v1/customers"].Answer)
	}
	if update := operation(t, of, "v1/customers-put"); update.Kind != manifest.Write || field.Find(update.Request, "customerId") == nil || field.Find(update.Request, "level") == nil {
		t.Errorf("%+v", update)
	}
	if strings.Contains(string(d.Manifest), "张样") {
		t.Error("somebody's data is written down")
	}
	says(t, d, `"Upload" has a body of the kind formdata`)
}

func TestCurl(t *testing.T) {
	t.Parallel()
	d, err := draft.Curl("", curl, curlAnswer)
	of := load(t, d, err)
	if of.Manifest.ID != "example" || of.Manifest.Settings[0].Default != "https://api.shop.example.com:8443" {
		t.Errorf("%+v", of.Manifest.Settings)
	}
	query := operation(t, of, "open/order/query")
	if query.Kind != manifest.Query || query.Paging.Number != "page_no" || query.Paging.Size != "page_size" || field.Find(query.Request, "filter.state") == nil ||
		of.Operations["open/order/query"].Answer.Rows[0] != "data.rows" || of.Operations["open/order/query"].Answer.OK.Values[0] != "200" || field.Find(query.Response, "lines.sku") == nil {
		t.Errorf("%+v", query)
	}
	says(t, d, "query.sign: a signature is computed")
	for name, tt := range map[string]struct{ command, kind string }{
		"a form":      {`curl https://a.example.com/add -d a=1 -d b=%20`, "write"},
		"a query":     {`curl -G https://a.example.com/find -d a=1 -u me:S3CRET`, "query"},
		"json":        {`curl --json='{"a":1}' --url https://a.example.com/add`, "write"},
		"nothing":     {`curl https://a.example.com`, "query"},
		"XML":         {`curl https://a.example.com/soap -d '<a/>'`, "write"},
		"of a window": {"curl ^\n https://a.example.com/x", "query"},
	} {
		d, err := draft.Curl("acme", tt.command, "")
		of := load(t, d, err)
		if o := of.Manifest.Operations[0]; string(o.Kind) != tt.kind {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		make func() (*draft.Draft, error)
		code string
	}{
		"no curl":          {func() (*draft.Draft, error) { return draft.Curl("", "wget x", "") }, "draft.curl"},
		"no address":       {func() (*draft.Draft, error) { return draft.Curl("", "curl -X GET", "") }, "draft.curl"},
		"an open quote":    {func() (*draft.Draft, error) { return draft.Curl("", "curl 'x", "") }, "draft.curl"},
		"no collection":    {func() (*draft.Draft, error) { return draft.Postman("", []byte(`{}`)) }, "draft.postman"},
		"an old one":       {func() (*draft.Draft, error) { return draft.Postman("", []byte(`{"info":{"schema":"v1"}}`)) }, "draft.postman"},
		"no description":   {func() (*draft.Draft, error) { return draft.OpenAPI("", []byte(`{"a":`)) }, "draft.openapi"},
		"another document": {func() (*draft.Draft, error) { return draft.OpenAPI("", []byte(`a: 1`)) }, "draft.openapi"},
		"no calls":         {func() (*draft.Draft, error) { return draft.OpenAPI("", []byte(`{"openapi":"3.1.0","paths":{}}`)) }, "draft.nothing"},
		"a bad id":         {func() (*draft.Draft, error) { return draft.Curl("Bad ID", "curl https://a.example.com", "") }, "draft.id"},
	} {
		if _, err := tt.make(); fault.CodeOf(err) != tt.code || fault.ClassOf(err) != fault.Config {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

// TestAnyCommand has no command bring a panic, or a draft that does not load.
func TestAnyCommand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.SampledFrom([]string{
			"https://a.example.com/x y", "https://例.example.com/{a}/:b", "-d", "a=1&b", `{"a":{"b":[{"c":null}]}}`, "-H", "A-B: c: {{d}}", "Sign: x", "-X", "PATCH", "-G", "-u", "'", `"`, "\\", "--json=[1]", "https://a.example.com/true?no=1&{{x}}=2&=&a.b=1",
		})).Draw(t, "words")
		_, err := draft.Curl("", "curl "+strings.Join(words, " "), rapid.SampledFrom([]string{"", "[]", `{"data":[{"yes":1}]}`, "x"}).Draw(t, "sample"))
		if err != nil && (!strings.HasPrefix(fault.CodeOf(err), "draft.") || fault.CodeOf(err) == "draft.unusable") {
			t.Error(err)
		}
	})
}
