package store

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"
)

var day = time.Date(2024, 5, 2, 9, 30, 0, 0, time.UTC)

func small(t testing.TB) *Store {
	t.Helper()
	s := New(
		[]Product{{SKU: "B-2", Name: "Blotter", Category: "desk", Price: 1250}, {SKU: "A-1", Name: "Paper", Category: "paper", Price: 499}},
		[]Customer{{ID: 1, Name: "Customer 1", Country: "DE"}, {ID: 2, Name: "Customer 2", Country: "FR"}},
	)
	for _, o := range []Order{
		{Customer: 1, Status: Placed, Placed: day, Lines: []Line{{SKU: "A-1", Quantity: 3}, {SKU: "B-2", Quantity: 1}, {SKU: "A-1", Quantity: 2}}},
		{Customer: 2, Status: Draft, Placed: day.Add(time.Hour)},
		{Customer: 2, Status: Placed, Placed: day.Add(2 * time.Hour), Lines: []Line{{SKU: "B-2", Quantity: 10}}},
	} {
		if _, err := s.Place(o); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestPlace(t *testing.T) {
	s := small(t)
	lines := []Line{{SKU: "A-1", Quantity: 1}}
	o, err := s.Place(Order{Customer: 1, Lines: lines})
	if err != nil || o.ID != 4 || o.Lines[0].Price != 499 {
		t.Fatalf("Place = %+v, %v", o, err)
	}
	lines[0].Quantity = 99 // the caller's list stays the caller's
	if kept, _ := s.Order(4); kept.Lines[0].Quantity != 1 || lines[0].Price != 0 {
		t.Errorf("kept %+v, the caller's line is %+v", kept.Lines[0], lines[0])
	}
	for _, bad := range []Order{{Customer: 3}, {Customer: 1, Lines: []Line{{SKU: "C-3"}}}} {
		if _, err := s.Place(bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("Place(%+v) = %v", bad, err)
		}
	}
	if empty, _ := s.Order(2); empty.Lines != nil {
		t.Error("an order without lines has a nil list")
	}
}

func TestHistory(t *testing.T) {
	s := small(t)
	if s.History(1) != nil {
		t.Error("untouched order has a history")
	}
	if err := s.SetStatus(1, Shipped, day); err != nil {
		t.Fatal(err)
	}
	first := s.History(1)
	want := []Change{{At: day, From: Placed, To: Shipped}}
	if !reflect.DeepEqual(first, want) {
		t.Fatalf("History = %+v", first)
	}
	first[0].To = Draft
	_ = append(first, Change{})
	if again := s.History(1); !reflect.DeepEqual(again, want) {
		t.Errorf("the history changed through a returned slice: %+v", again)
	}
}

func TestLists(t *testing.T) {
	s := small(t)
	if ids := s.AllIDs(); !reflect.DeepEqual(ids, IDs{1, 2, 3}) {
		t.Errorf("AllIDs = %v", ids)
	}
	if lines := s.AllLines(); len(lines) != 4 {
		t.Errorf("AllLines = %v", lines)
	}
	if o, _ := s.Order(1); !reflect.DeepEqual(o.SKUs(), []string{"A-1", "B-2"}) {
		t.Errorf("SKUs = %v", o.SKUs())
	}
	if p := s.Products(); len(p) != 2 || p[0].SKU != "A-1" {
		t.Errorf("Products = %v", p)
	}
	if c := s.Categories(); !reflect.DeepEqual(c, map[string]int{"desk": 1, "paper": 1}) {
		t.Errorf("Categories = %v", c)
	}
	prices := s.Prices()
	prices["A-1"] = 0
	if again := s.Prices(); !reflect.DeepEqual(again, map[string]int64{"A-1": 499, "B-2": 1250}) {
		t.Errorf("Prices = %v", again)
	}
	dst := AppendIDs(make(IDs, 1, 8)[:1], s.Find(Filter{Status: Placed}))
	if !reflect.DeepEqual(dst, IDs{0, 1, 3}) {
		t.Errorf("AppendIDs = %v", dst)
	}
}

// TestEmpty pins which lists are null and which are [] for clients.
func TestEmpty(t *testing.T) {
	s := New(nil, nil)
	for _, c := range []struct {
		name string
		list any
		want string
	}{
		{"Find", s.Find(Filter{}), "[]"},
		{"Products", s.Products(), "[]"},
		{"SKUs", Order{}.SKUs(), "[]"},
		{"AllIDs", s.AllIDs(), "null"},
		{"AllLines", s.AllLines(), "null"},
		{"History", s.History(1), "null"},
		{"Map", Map([]int{}, func(n int) string { return "" }), "null"},
		{"Clone", Clone(IDs{}), "null"},
	} {
		if text, err := json.Marshal(c.list); err != nil || string(text) != c.want {
			t.Errorf("%s = %s, %v, want %s", c.name, text, err, c.want)
		}
	}
}

func TestClone(t *testing.T) {
	from := IDs{1, 2, 3, 4, 5}
	to := Clone(from)
	to[0] = 9
	if from[0] != 1 || !reflect.DeepEqual(to, IDs{9, 2, 3, 4, 5}) {
		t.Errorf("from %v, to %v", from, to)
	}
}

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		filter Filter
		want   string
		args   []any
	}{
		{Filter{}, "SELECT id, customer, status, placed FROM orders", nil},
		{Filter{Status: Draft, Since: day, Customers: []int{4, 7, 9}, Limit: 5},
			"SELECT id, customer, status, placed FROM orders WHERE status = ? AND placed >= ? AND customer IN (?, ?, ?) LIMIT 5",
			[]any{"draft", "2024-05-02T09:30:00Z", 4, 7, 9}},
		{Filter{Customers: []int{4}}, "SELECT id, customer, status, placed FROM orders WHERE customer IN (?)", []any{4}},
	} {
		if got, args := c.filter.Select(); got != c.want || !reflect.DeepEqual(args, c.args) {
			t.Errorf("Select = %q, %#v", got, args)
		}
	}
}

func TestWatch(t *testing.T) {
	s := small(t)
	orders, stop := s.Watch()
	for i := 0; i < 3; i++ {
		if _, err := s.Place(Order{Customer: 1}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	stop()
	ids := Map(Collect(orders), func(o Order) int { return o.ID })
	if !reflect.DeepEqual(ids, []int{4, 5, 6}) {
		t.Errorf("watched %v", ids)
	}
}

func BenchmarkAllIDs(b *testing.B) {
	s := Seed(50, 20, 1000)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		s.AllIDs()
	}
}

func BenchmarkProducts(b *testing.B) {
	s := Seed(500, 20, 1)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		s.Products()
	}
}
