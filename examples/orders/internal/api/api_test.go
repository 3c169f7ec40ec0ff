package api

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/orders/internal/static"
	"example.com/orders/internal/store"
)

func service(t testing.TB) *API {
	t.Helper()
	s := store.New(
		[]store.Product{{SKU: "A-1", Name: "Paper <A4>", Category: "paper", Price: 499}},
		[]store.Customer{{ID: 1, Name: "Customer 1", Country: "NL"}},
	)
	day := time.Date(2024, 5, 2, 9, 30, 0, 0, time.UTC)
	for _, lines := range [][]store.Line{{{SKU: "A-1", Quantity: 20}}, nil} {
		if _, err := s.Place(store.Order{Customer: 1, Status: store.Placed, Placed: day, Lines: lines}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetStatus(1, store.Shipped, day); err != nil {
		t.Fatal(err)
	}
	return &API{Store: s, Files: static.Files{Dir: t.TempDir()}}
}

func TestRoutes(t *testing.T) {
	h := service(t).Handler()
	const order1 = `{"id":1,"customer":1,"status":"shipped","placed":"2024-05-02T09:30:00Z","lines":[{"sku":"A-1","quantity":20,"price":499}]}`
	const order2 = `{"id":2,"customer":1,"status":"placed","placed":"2024-05-02T09:30:00Z","lines":null}`
	for _, c := range []struct {
		path string
		code int
		body string
	}{
		{"/orders", 200, "[" + order1 + "," + order2 + "]\n"},
		{"/orders?status=placed", 200, "[" + order2 + "]\n"},
		{"/orders?status=draft", 200, "[]\n"},
		{"/orders?limit=1&customer=1&customer=7", 200, "[" + order1 + "]\n"},
		{"/orders?limit=one", 400, "limit: strconv.Atoi: parsing \"one\": invalid syntax\n"},
		{"/orders?customer=x", 400, "customer: strconv.Atoi: parsing \"x\": invalid syntax\n"},
		{"/orders/2", 200, order2 + "\n"},
		{"/orders/3", 404, "not found\n"},
		{"/orders/x", 400, "order numbers are digits\n"},
		{"/orders/1/lines", 200, `[{"sku":"A-1","quantity":20,"price":499,"amount":"97.81"}]` + "\n"},
		{"/orders/2/lines", 200, "null\n"},
		{"/orders/1/invoice", 200, `[{"text":"20 x A-1","amount":9781},{"text":"VAT 21 %","amount":2054}]` + "\n"},
		{"/orders/2/invoice", 200, "null\n"},
		{"/orders/1/history", 200, `[{"at":"2024-05-02T09:30:00Z","from":"placed","to":"shipped"}]` + "\n"},
		{"/orders/2/history", 404, "no changes\n"},
		{"/orders/1/nothing", 404, "404 page not found\n"},
		{"/products", 200, `[{"sku":"A-1","name":"Paper \u003cA4\u003e","category":"paper","price":499}]` + "\n"},
		{"/reports/orders.csv?status=shipped", 200, "id,customer,country,status,placed,items,total\n1,Customer 1,NL,shipped,2024-05-02 09:30,20,97.81\n"},
		{"/reports/orders.json?status=draft", 200, "null\n"},
		{"/reports/notes.txt", 200, ""},
		{"/reports/other", 404, "404 page not found\n"},
		{"/price-list", 404, "no price list yet\n"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", c.path, nil))
		if w.Code != c.code || w.Body.String() != c.body {
			t.Errorf("%s = %d %q\nwant %d %q", c.path, w.Code, w.Body, c.code, c.body)
		}
	}
}

func TestParseFilter(t *testing.T) {
	for query, want := range map[string]store.Filter{
		"":                        {},
		"?customer=3&customer=12": {Customers: []int{3, 12}},
		"?status=draft&limit=4":   {Status: store.Draft, Limit: 4},
	} {
		if f, err := parseFilter(httptest.NewRequest("GET", "/orders"+query, nil)); err != nil || !reflect.DeepEqual(f, want) {
			t.Errorf("parseFilter(%q) = %#v, %v", query, f, err)
		}
	}
}

func TestPost(t *testing.T) {
	a := service(t)
	var told []int
	a.OnPlaced = func(o store.Order) { told = append(told, o.ID) }
	for body, code := range map[string]int{
		`{"customer":1,"lines":[{"sku":"A-1","quantity":1}]}`: 201,
		`{"customer":9}`: 422,
		`{`:              400,
	} {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest("POST", "/orders", strings.NewReader(body)))
		if w.Code != code {
			t.Errorf("POST %s = %d %s", body, w.Code, w.Body)
		}
	}
	if len(told) != 1 || told[0] != 3 {
		t.Errorf("told about orders %v", told)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/stats", nil))
	if !strings.Contains(w.Body.String(), `"errors":2,`) || !strings.Contains(w.Body.String(), `"requests":4,`) {
		t.Errorf("stats = %s", w.Body)
	}
}

// TestParallel asks for different orders at once; no answer may hold bytes of another.
func TestParallel(t *testing.T) {
	h := service(t).Handler()
	want := map[string]string{}
	for _, path := range []string{"/orders", "/orders/1", "/orders/2", "/products"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		want[path] = w.Body.String()
	}
	var wg sync.WaitGroup
	for path, body := range want {
		wg.Add(1)
		go func(path, body string) {
			defer wg.Done()
			for i := 0; i < 50; i++ {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
				if w.Body.String() != body {
					t.Errorf("%s = %s", path, w.Body)
				}
			}
		}(path, body)
	}
	wg.Wait()
}

func TestEvents(t *testing.T) {
	a := service(t)
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	resp, err := http.Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for i := 0; i < 2; i++ {
		if _, err := a.Store.Place(store.Order{Customer: 1}); err != nil {
			t.Fatal(err)
		}
	}
	stream := bufio.NewReader(resp.Body)
	for _, id := range []string{"id: 3\n", "id: 4\n"} {
		line, err := stream.ReadString('\n')
		data, _ := stream.ReadString('\n')
		end, _ := stream.ReadString('\n')
		if err != nil || line != id || !strings.HasPrefix(data, "data: {") || end != "\n" {
			t.Fatalf("event %q %q %q, %v", line, data, end, err)
		}
	}
	one, err1 := event(store.Order{ID: 1})
	two, err2 := event(store.Order{ID: 2})
	if err1 != nil || err2 != nil || !strings.HasPrefix(string(one), "id: 1\n") || !strings.HasPrefix(string(two), "id: 2\n") {
		t.Errorf("events share bytes: %q %q", one, two)
	}
}

// discard is a ResponseWriter that keeps nothing, so that benchmarks count the handler alone.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return io.Discard.Write(p) }
func (d discard) WriteHeader(int)             {}

func BenchmarkHandlers(b *testing.B) {
	a := &API{Store: store.Seed(100, 40, 300)}
	h := a.Handler()
	for _, path := range []string{"/orders/7", "/orders/7/lines", "/orders", "/products", "/stats", "/reports/orders.csv", "/reports/orders.html", "/reports/orders.txt"} {
		b.Run(strings.TrimPrefix(path, "/"), func(b *testing.B) {
			r := httptest.NewRequest("GET", path, nil)
			w := discard{http.Header{}}
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				h.ServeHTTP(w, r)
			}
		})
	}
}
