# $\mathsf J_\phi(1)$ and $\mathsf J_\phi(0)$ for $\phi(x)=\rho_\alpha(x)-b\rho_\alpha(-x)$ as printed (lines), and from the second and the squared first moment of
# $\phi(Z)$ (points). At $b=1$, where $\phi$ is odd, $\mathsf J_\phi(0)=0$.
set title "Kernel at correlations 1 and 0, a = 1, α = ".number("alpha")
set xlabel "b"
set ylabel "J_φ"
plot table using "b":"one" with lines linestyle 3 title "J_φ(1)", \
     "" every 2 using "b":"moment_one" with points linestyle 2 title "E φ² / c_α", \
     "" using "b":"zero" with lines linestyle 1 title "J_φ(0)", \
     "" every 2 using "b":"moment_zero" with points linestyle 2 title "(E φ)² / c_α"
