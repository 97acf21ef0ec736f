package sheet

// Date returns the date that is so many days after 1970-01-01. Years begin in
// March, so that the odd day is their last one, and 400 of them have the same
// number of days.
func Date(days int) (year, month, day int) {
	days += 719_468 // from 0000-03-01
	era := days / 146_097
	if days < 0 {
		era = (days - 146_096) / 146_097
	}
	of := days - era*146_097
	y := (of - of/1460 + of/36_524 - of/146_096) / 365
	inYear := of - (365*y + y/4 - y/100)
	m := (5*inYear + 2) / 153
	day = inYear - (153*m+2)/5 + 1
	if month = m + 3; month > 12 {
		month -= 12
	}
	year = y + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}
