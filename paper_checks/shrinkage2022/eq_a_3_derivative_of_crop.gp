# The slope at 1 of $L$ layers (black), of the same layers cropped (green), and the range $1-\bar\rho_L$ that is left (blue): by (A.3) the first is
# the product of the other two. Solid: one activation; dashed: relu and erf in turn.
set title "Slope at 1 with and without cropping, ".setting("phi")
set xlabel "depth L (non-linear layers)"
set ylabel "slope, range"
set logscale xy
set format y "10^{%L}"
@depths
mixed = "relu and erf in turn"
chosen(value) = strcol(1) eq mixed ? NaN : value
plot table using "l":(chosen(column("cropped_slope"))) with lines linestyle 4 title "cropped maps", \
     "" using "l":(chosen(column("slope"))) with lines linestyle 1 title "maps", \
     "" using "l":(chosen(column("range"))) with lines linestyle 3 title "range 1 − ρ̄_L", \
     "" using "l":(pick(mixed, column("cropped_slope"))) with lines linestyle 4 dashtype 2, \
     "" using "l":(pick(mixed, column("slope"))) with lines linestyle 1 dashtype 2, \
     "" using "l":(pick(mixed, column("range"))) with lines linestyle 3 dashtype 2
