module gorefit.example/facts

go 1.18
