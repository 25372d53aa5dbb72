# Squared stretch of a small step of the input after $L$ layers. In one direction (red, networks) it follows the slope of the composed maps (black).
# The largest over directions, the operator norm, depends on the number of inputs: three (green) or as many as neurons (blue). One standard error.
set title setting("phi")." networks of width ".setting("N").", ".variances(setting("s") + 0)
set xlabel "depth L (non-linear layers)"
set ylabel "squared stretch"
set logscale x 2
set logscale y
@depths
@two_rows
plot table using "L":(pick("norm, square", column("network"))):"network_err" with yerrorlines linestyle 3 pointtype 7 pointsize 0.5 title "operator norm, N_0 = N", \
     "" using "L":(pick("norm, few inputs", column("network"))):"network_err" with yerrorlines linestyle 4 title "operator norm, N_0 = 3", \
     "" using "L":(pick("one direction", column("slope"))) with lines linestyle 1 title "(P_L∘…∘P_1)′(1)", \
     "" using "L":(pick("one direction", column("network"))):"network_err" with yerrorbars linestyle 2 title "one direction"
