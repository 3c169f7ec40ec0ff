package store

import (
	"fmt"
	"math/rand"
	"time"
)

var categories = []string{"paper", "ink", "desk", "storage"}

var countries = []string{"DE", "FR", "NL", "PL", "SE"}

// Seed makes a store with invented data; the same numbers give the same data.
func Seed(products, customers, orders int) *Store {
	rng := rand.New(rand.NewSource(11))
	var stock []Product
	for i := 0; i < products; i++ {
		stock = append(stock, Product{
			SKU:      fmt.Sprintf("SKU-%04d", i+1),
			Name:     fmt.Sprintf("Article %d", i+1),
			Category: categories[i%len(categories)],
			Price:    100 + rng.Int63n(25_000),
		})
	}
	var buyers []Customer
	for i := 0; i < customers; i++ {
		buyers = append(buyers, Customer{ID: i + 1, Name: fmt.Sprintf("Customer %d", i+1), Country: countries[i%len(countries)]})
	}
	s := New(stock, buyers)
	start := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	for i := 0; i < orders; i++ {
		o := Order{Customer: 1 + rng.Intn(customers), Status: Placed, Placed: start.Add(time.Duration(i) * 37 * time.Minute)}
		for n := 1 + rng.Intn(4); n > 0; n-- {
			o.Lines = append(o.Lines, Line{SKU: stock[rng.Intn(products)].SKU, Quantity: 1 + rng.Intn(9)})
		}
		if _, err := s.Place(o); err != nil {
			panic(err) // the seed refers to its own products alone
		}
	}
	return s
}
