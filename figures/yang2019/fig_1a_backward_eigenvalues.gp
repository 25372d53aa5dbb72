# The factors by which a layer multiplies a gradient's covariance in $\mathbb RG$, $\mathbb L$ and $\mathbb M$, against the batch size: theory
# (dashed), and networks with the standard deviation of one network as a band.
set title sprintf("Relu networks of width %s", setting("N"))
set xlabel "batch size B"
set ylabel "eigenvalue of the backward Jacobian"
set logscale x
set xrange [3.6:*]
set yrange [0:3.6]
spaces = "G L M"
plot for [i=1:3] table using "B":(pick(word(spaces, i), column("network") - column("deviation"))):(column("network") + column("deviation")) \
        with filledcurves linetype i+1, \
     for [i=1:3] "" using "B":(pick(word(spaces, i), column("network"))) with linespoints linetype i+1 title "λ_".word(spaces, i), \
     for [i=1:3] "" using "B":(pick(word(spaces, i), column("theory"))) with lines linetype 1 dashtype 2 title (i == 1 ? "theory" : "")
