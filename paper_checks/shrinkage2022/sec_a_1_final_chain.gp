# The slope at 1 of $L$ layers (black), the lower bound of the proof with each layer's own $\bar\rho$ (green), and Theorem 1's (blue). Solid: one
# activation; dashed: relu and erf in turn.
set title "Slope at 1 of composed layers, ".setting("phi")
set xlabel "depth L (non-linear layers)"
set ylabel "(P_L∘…∘P_1)′(1)"
set logscale xy
set format y "10^{%L}"
@depths
mixed = "relu and erf in turn"
chosen(value) = strcol(1) eq mixed ? NaN : value
plot table using "L":(chosen(column("slope"))) with lines linestyle 1 title "slope", \
     "" using "L":(chosen(column("sharper"))) with lines linestyle 4 title "layer by layer", \
     "" using "L":(chosen(column("theorem"))) with lines linestyle 3 title "Theorem 1", \
     "" using "L":(pick(mixed, column("slope"))) with lines linestyle 1 dashtype 2, \
     "" using "L":(pick(mixed, column("sharper"))) with lines linestyle 4 dashtype 2, \
     "" using "L":(pick(mixed, column("theorem"))) with lines linestyle 3 dashtype 2
