# The factors by which one layer multiplies a gradient's covariance in $\mathbb RG$ (black), $\mathbb L$ (blue) and $\mathbb M$ (green) against the batch size, for six
# homogeneous activations: the formulas as lines, quadrature over the sphere as points. Dashed: 1, where gradients keep their size.
@svg 620
set output output
unset tmargin
set multiplot layout 2,3 margins 0.075,0.985,0.11,0.87 spacing 0.055,0.12
set logscale x
set xrange [3.3:14000]
set format x "10^{%L}"
set xtics 10, 10
unset key
set title offset 0,-0.4
names = "relu lrelu:0.2 id abs relu^1.7 relu^2"
spaces = "G L M"
shown(i, value) = strcol(1) eq word(names, i) ? value : NaN
set label 1 "λ_G" at screen 0.3, 0.965 textcolor rgb black
set label 2 "λ_L" at screen 0.4, 0.965 textcolor rgb black
set label 3 "λ_M" at screen 0.5, 0.965 textcolor rgb black
set label 4 "sphere" at screen 0.6, 0.965 textcolor rgb black
do for [i=1:6] {
    set title word(names, i) noenhanced
    set xlabel (i > 3 ? "batch size B" : "")
    if (i % 3 == 1) { set ylabel "eigenvalue" offset 1.5,0 } else { unset ylabel }
    set yrange [(i == 4 ? -3 : 0):(i == 4 ? 8 : 4)]
    plot 1 with lines linestyle 8, \
         for [k=1:3] table using "B":(shown(i, column(word(spaces, k)))) with lines linestyle word("1 3 4", k) + 0, \
         for [k=1:3] "" using "B":(shown(i, column(word(spaces, k)."_sphere"))) every 2 with points linestyle 2
    unset label
}
unset multiplot
