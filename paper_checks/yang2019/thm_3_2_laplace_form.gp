# The covariance after one layer with batch normalisation of a batch in which sample 1 has the standard deviation $t$ and the others 1: theorem 3.2 (lines)
# and samples (points). As $t$ grows sample 1 takes all but $1/B$ of the norm, and the others follow at
# $-h_1/(B-1)$.
pretty(name) = (caret = strstrt(name, "^"), caret ? name[1:caret]."{".name[caret + 1:*]."}" : name)
set title pretty(setting("phi")).", B = ".setting("B")
set xlabel "standard deviation t of sample 1"
set ylabel "entry of V"
set logscale x
set format x "10^{%L}"
@two_rows
plot 0 with lines linestyle 8, \
     table using "t":"own" with lines linestyle 1 title "sample 1", \
     "" using "t":"other" with lines linestyle 3 title "another sample", \
     "" using "t":"cross" with lines linestyle 6 title "1 and another", \
     "" using "t":"others" with lines linestyle 7 title "two others", \
     for [name in "own other cross others"] "" using "t":name."_sampled":name."_sampled_err" with yerrorbars linestyle 2 title (name eq "own" ? "samples" : "")
