module multivac.example/weights

go 1.26.0
