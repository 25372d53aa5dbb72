# The magnitude of the gradient against the layer: geometric means over networks with the band of one standard deviation, and theory dashed, shifted up by
# a factor for the eye as in the paper. The loss is at the right: gradients grow towards the input.
set title sprintf("%s networks of width %s", setting("phi"), setting("N"))
set xlabel "layer"
set ylabel "gradient magnitude"
set logscale y
set format y "10^{%L}"
@tight
@two_rows
batches = system("awk -F'\\t' '/^B = /{if ($1 != last) {print substr($1, 5); last = $1}}' '".table."'")
shift = 1.6
plot for [i=1:words(batches)] b = "B = ".word(batches, i) table using "layer":(pick(b, exp(column("log_gradient") - column("deviation")))):(exp(column("log_gradient") + column("deviation"))) \
        with filledcurves linetype i+1, \
     for [i=1:words(batches)] b = "B = ".word(batches, i) "" using "layer":(pick(b, exp(column("log_gradient")))) with lines linetype i+1 title b, \
     for [i=1:words(batches)] b = "B = ".word(batches, i) "" using "layer":(pick(b, shift * exp(column("theory")))) with lines linetype 1 dashtype 2 \
        title (i == 1 ? "theory" : "")
